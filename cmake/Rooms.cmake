# outdial_room(NAME [ROOMS ...] [LIBRARIES ...]): the static library outdial_NAME from src/NAME/*.cpp. A room without a folder yet is skipped.
# LIBRARIES are public for linking only; src is the include root, so a header is named with its room: #include "core/engine.hpp".
function(outdial_room NAME)
  cmake_parse_arguments(ROOM "" "" "ROOMS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${NAME}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT sources)
    return()
  endif()
  add_library(outdial_${NAME} STATIC ${sources})
  target_include_directories(outdial_${NAME} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
  foreach(room ${ROOM_ROOMS})
    if(TARGET outdial_${room})
      target_link_libraries(outdial_${NAME} PUBLIC outdial_${room})
    endif()
  endforeach()
  target_link_libraries(outdial_${NAME} PUBLIC ${ROOM_LIBRARIES} PRIVATE outdial_warnings)
  if(EXISTS ${CMAKE_SOURCE_DIR}/src/${NAME}/room.cmake)
    include(${CMAKE_SOURCE_DIR}/src/${NAME}/room.cmake)  # what only this room needs, such as embedded files
  endif()
endfunction()

# Where the tests' data is. Not an option of the compiler: two checkouts could then share nothing in ccache.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/source_dir.hpp
     CONTENT "#pragma once\n#define OUTDIAL_SOURCE_DIR \"${CMAKE_SOURCE_DIR}\"\n")

# With a sanitizer everything is many times slower.
set(OUTDIAL_UNIT_TIMEOUT_S 300)
if(OUTDIAL_SANITIZE)
  set(OUTDIAL_UNIT_TIMEOUT_S 1800)
endif()

# outdial_room_tests(NAME ...): one Catch2 program test_NAME a room from tests/NAME/*.cpp, run by CTest as one test.
function(outdial_room_tests)
  foreach(NAME ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${NAME}/*.cpp)
    if(sources AND TARGET outdial_${NAME})
      add_executable(test_${NAME} ${sources})
      target_include_directories(test_${NAME} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
      if(Catch2_VERSION VERSION_GREATER_EQUAL 3)
        target_include_directories(test_${NAME} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/catch2_v3)  # its <catch2/catch.hpp>
      endif()
      target_link_libraries(test_${NAME} PRIVATE outdial_${NAME} outdial_warnings Catch2::Catch2WithMain)
      add_test(NAME unit_${NAME} COMMAND test_${NAME})
      set_tests_properties(unit_${NAME} PROPERTIES LABELS unit TIMEOUT ${OUTDIAL_UNIT_TIMEOUT_S})
    endif()
  endforeach()
endfunction()
