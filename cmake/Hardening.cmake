# Warnings for our own code, and the hardening that every binary of ours carries: docs/architecture.md, "Build".
add_library(outdial_warnings INTERFACE)
target_compile_options(outdial_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wcast-align -Wformat=2
  -Wimplicit-fallthrough -Werror=switch -Werror=return-type)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(outdial_warnings INTERFACE -Wno-restrict)  # false alarms in std::string with -O2: GCC bug 105329
endif()
if(OUTDIAL_WERROR)
  target_compile_options(outdial_warnings INTERFACE -Werror)
endif()

add_compile_options(-fstack-protector-strong -D_GLIBCXX_ASSERTIONS)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-fcf-protection)
endif()
if(OUTDIAL_SANITIZE)
  add_compile_options(-fsanitize=${OUTDIAL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${OUTDIAL_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)  # needs optimisation, and hides what the sanitizers look for
endif()
if(OUTDIAL_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "OUTDIAL_FUZZ needs clang, for libFuzzer: -DCMAKE_CXX_COMPILER=clang++-14, or run scripts/fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)  # counts the branches that an input takes
endif()
add_link_options(-Wl,-z,relro,-z,now -Wl,-z,noexecstack -pie)
