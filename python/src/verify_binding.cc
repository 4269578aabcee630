// stoker._core.verify: every fault of a packed data set, as dicts that stoker/_verify.py gives
// types.
#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <string>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/core/stop.h"
#include "libdata/shard/verification.h"
#include "python/src/bindings.h"
#include "python/src/python_text.h"
#include "tools/blob_check.h"

namespace stoker {
namespace nb = nanobind;
namespace {

// The process that loaded the module: a child that was forked off has none of the threads that
// parallel work may have started here.
const pid_t loading_process = ::getpid();

VerifyLevel parse_level(const std::string& name) {
  if (name == "fast") return VerifyLevel::kFast;
  if (name == "default") return VerifyLevel::kDefault;
  if (name == "deep") return VerifyLevel::kDeep;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("level: expected 'fast', 'default' or 'deep', found '{}'", name));
}

VerifyReport verify(const std::filesystem::path& folder, const VerifyOptions& options) {
  if (::getpid() == loading_process) return verify_dataset(folder, options);
  VerifyReport report;
  run_on_this_thread([&] { report = verify_dataset(folder, options); });
  return report;
}

// On a thread of its own, so that the caller's sees Ctrl-C meanwhile, and passes it on.
VerifyReport verify_interruptibly(const std::filesystem::path& folder,
                                  const VerifyOptions& options) {
  std::future<VerifyReport> work =
      std::async(std::launch::async, [&] { return verify(folder, options); });
  while (true) {
    {
      const nb::gil_scoped_release release;
      if (work.wait_for(std::chrono::milliseconds(50)) == std::future_status::ready) break;
    }
    if (PyErr_CheckSignals() == 0) continue;
    {
      const nb::gil_scoped_release release;
      stop_at(std::chrono::steady_clock::now());
      work.wait();
      stop_at(std::chrono::steady_clock::time_point::max());
    }
    throw nb::python_error();
  }
  return work.get();
}

nb::list fault_list(const std::vector<Fault>& faults) {
  nb::list list;
  for (const Fault& fault : faults) {
    nb::dict row;
    row["kind"] = std::string(fault_kind_name(fault.kind));
    row["file"] = python_text(fault.file);
    row["split"] = python_text(fault.split);
    row["sample"] = nb::cast(fault.sample);
    row["sample_id"] = nb::cast(fault.sample_id);
    row["sample_name"] = python_text(fault.sample_name);
    row["field"] = python_text(fault.field);
    row["offset_bytes"] = nb::cast(fault.offset_bytes);
    row["message"] = python_text(fault.message);
    row["text"] = python_text(describe(fault));
    list.append(row);
  }
  return list;
}

nb::dict report_of(const nb::bytes& folder, const std::string& level) {
  VerifyOptions options;
  options.level = parse_level(level);
  options.check_blob = check_blob;
  options.quiet = true;
  const VerifyReport report =
      verify_interruptibly(std::string(folder.c_str(), folder.size()), options);
  nb::dict result;
  nb::list files;
  uint64_t samples = 0;
  for (const CheckedFile& file : report.files) {
    nb::dict row;
    row["file"] = python_text(file.file);
    row["split"] = python_text(file.split);
    row["size_bytes"] = file.size_bytes;
    row["samples"] = file.samples;
    row["seconds"] = file.seconds;
    files.append(row);
    samples += file.samples;
  }
  result["files"] = files;
  result["samples"] = samples;
  result["faults"] = fault_list(report.faults);
  result["warnings"] = fault_list(report.warnings);
  result["seconds"] = report.seconds;
  return result;
}

}  // namespace

void bind_verify(nb::module_& module) {
  module.def("verify", &report_of);
}

}  // namespace stoker
