# The table of number_areas.cpp is written at build time, from Debian's python3-phonenumbers and tzdata. The system's own
# python3 is called by its path: another one that comes first in PATH may lack Debian's modules.
set(number_area_sources ${CMAKE_CURRENT_LIST_DIR}/area_code_complexes.csv ${CMAKE_CURRENT_LIST_DIR}/number_areas.csv
  ${CMAKE_CURRENT_LIST_DIR}/regions.csv)
set(number_area_table ${CMAKE_BINARY_DIR}/generated/zone/number_area_table.cpp)
add_custom_command(OUTPUT ${number_area_table}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated/zone
  COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/generate_number_areas.py ${number_area_sources} ${number_area_table}
  DEPENDS ${CMAKE_CURRENT_LIST_DIR}/generate_number_areas.py ${number_area_sources} /usr/share/zoneinfo/zone.tab
  COMMENT "Writing where numbers are at home")
target_sources(outdial_zone PRIVATE ${number_area_table})
