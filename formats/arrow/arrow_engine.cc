#include "formats/arrow/arrow_engine.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "libdata/core/error.h"

extern "C" const stoker::ArrowEngine* stoker_arrow_engine();

namespace stoker {
namespace fs = std::filesystem;
namespace {

struct Loaded {
  const ArrowEngine* engine = nullptr;
  std::string why_not;
};

#if defined(STOKER_ARROW_LINKED)
Loaded load() {
  return {stoker_arrow_engine(), {}};
}
#elif defined(STOKER_ARROW_MODULE)
// Beside the programs, as they are built and as they are installed.
Loaded load() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path module = (program.parent_path().parent_path() / STOKER_ARROW_MODULE);
  void* handle = dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* why = dlerror();
    return {nullptr, why == nullptr ? module.string() : why};
  }
  using Entry = const ArrowEngine* (*)();
  const auto entry = reinterpret_cast<Entry>(dlsym(handle, "stoker_arrow_engine"));
  if (entry == nullptr) return {nullptr, module.string() + " is of another version"};
  return {entry(), {}};
}
#else
Loaded load() {
  return {nullptr, "this build has none"};
}
#endif

const Loaded& loaded() {
  static const Loaded once = load();
  return once;
}

}  // namespace

bool has_arrow_engine() {
  return loaded().engine != nullptr;
}

const ArrowEngine& arrow_engine() {
  if (loaded().engine != nullptr) return *loaded().engine;
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("Parquet and Arrow files need the Arrow library ({}): install the package "
                  "stoker-arrow, or build stoker after `python3 -m pip install pyarrow`, "
                  "with -DSTOKER_ARROW=ON",
                  loaded().why_not));
}

}  // namespace stoker
