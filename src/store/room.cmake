# The migrations schema/NNN_*.sql are compiled into the library, so that the program and its schema cannot be separated.
file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schema/*.sql)
list(SORT migrations)
set(MIGRATION_LITERALS "")
foreach(migration ${migrations})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${migration})
  get_filename_component(migration_name ${migration} NAME)
  file(READ ${migration} migration_sql)
  string(APPEND MIGRATION_LITERALS "    Migration{\"${migration_name}\", R\"outdial_sql(${migration_sql})outdial_sql\"},\n")
endforeach()
list(LENGTH migrations MIGRATION_COUNT)
configure_file(${CMAKE_CURRENT_LIST_DIR}/embedded_migrations.cpp.in
               ${CMAKE_BINARY_DIR}/generated/store/embedded_migrations.cpp @ONLY)
target_sources(outdial_store PRIVATE ${CMAKE_BINARY_DIR}/generated/store/embedded_migrations.cpp)
