# Arrow C++ and its Parquet library as the imported target StokerArrow::arrow.
#
# Looked for, in this order: STOKER_ARROW_PREFIX (a pyarrow package's folder), Arrow's own CMake
# packages, pkg-config, what tests/install_packages.sh puts below build/, the pyarrow that python3
# finds. Sets StokerArrow_FOUND, StokerArrow_VERSION, and of a pyarrow package, which is to be
# installed with what uses it, StokerArrow_WHEEL_LIBRARIES and StokerArrow_WHEEL_LICENSES.

set(STOKER_ARROW_PREFIX "" CACHE PATH "Folder of a pyarrow package; empty: wherever Arrow is")
set(StokerArrow_WHEEL_LIBRARIES "")
set(StokerArrow_VERSION "")

if(NOT STOKER_ARROW_PREFIX)
  find_package(Arrow CONFIG QUIET)
  if(Arrow_FOUND)
    find_package(Parquet CONFIG QUIET)
  endif()
  if(TARGET Arrow::arrow_shared AND TARGET Parquet::parquet_shared)
    set(stoker_arrow_libraries Parquet::parquet_shared Arrow::arrow_shared)
    set(StokerArrow_VERSION ${Arrow_VERSION})
  else()
    pkg_check_modules(STOKER_ARROW_PC QUIET IMPORTED_TARGET arrow parquet)
    if(STOKER_ARROW_PC_FOUND)
      set(stoker_arrow_libraries PkgConfig::STOKER_ARROW_PC)
      set(StokerArrow_VERSION ${STOKER_ARROW_PC_arrow_VERSION})
    endif()
  endif()
endif()

if(NOT stoker_arrow_libraries)
  file(GLOB stoker_arrow_wheels ${PROJECT_SOURCE_DIR}/build/pyarrow/*/pyarrow)
  list(PREPEND stoker_arrow_wheels ${STOKER_ARROW_PREFIX})
  if(STOKER_ARROW_PREFIX)
    set(stoker_arrow_wheels ${STOKER_ARROW_PREFIX})
  elseif(NOT stoker_arrow_wheels)
    execute_process(COMMAND python3 -c "import pyarrow; print(*pyarrow.__path__)"
      OUTPUT_VARIABLE stoker_arrow_wheels OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  foreach(wheel IN LISTS stoker_arrow_wheels)
    # One file a library, whose name ends in the major version.
    file(GLOB stoker_arrow_so ${wheel}/libarrow.so.*)
    file(GLOB stoker_parquet_so ${wheel}/libparquet.so.*)
    if(stoker_arrow_so AND stoker_parquet_so AND EXISTS ${wheel}/include/parquet/arrow/reader.h)
      list(GET stoker_arrow_so 0 stoker_arrow_so)
      list(GET stoker_parquet_so 0 stoker_parquet_so)
      add_library(stoker_arrow_wheel INTERFACE IMPORTED)
      target_include_directories(stoker_arrow_wheel SYSTEM INTERFACE ${wheel}/include)
      target_link_libraries(stoker_arrow_wheel INTERFACE ${stoker_parquet_so} ${stoker_arrow_so})
      set(stoker_arrow_libraries stoker_arrow_wheel)
      set(StokerArrow_WHEEL_LIBRARIES ${stoker_parquet_so} ${stoker_arrow_so})
      file(STRINGS ${wheel}/include/arrow/util/config.h stoker_arrow_line
        REGEX "define ARROW_VERSION_STRING ")
      string(REGEX MATCH "[0-9][0-9.]*" StokerArrow_VERSION "${stoker_arrow_line}")
      file(GLOB StokerArrow_WHEEL_LICENSES ${wheel}-${StokerArrow_VERSION}.dist-info/licenses/*.txt
        ${wheel}/LICENSE.txt ${wheel}/NOTICE.txt)
      break()
    endif()
  endforeach()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(StokerArrow
  REQUIRED_VARS stoker_arrow_libraries
  VERSION_VAR StokerArrow_VERSION
  REASON_FAILURE_MESSAGE "Parquet and Arrow files need it: python3 -m pip install pyarrow")
if(StokerArrow_FOUND AND NOT TARGET StokerArrow::arrow)
  add_library(StokerArrow::arrow INTERFACE IMPORTED)
  target_link_libraries(StokerArrow::arrow INTERFACE ${stoker_arrow_libraries})
endif()
