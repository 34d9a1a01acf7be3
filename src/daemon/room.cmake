target_compile_definitions(outdial_daemon PUBLIC OUTDIAL_VERSION="${PROJECT_VERSION}")
