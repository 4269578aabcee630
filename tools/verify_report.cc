#include "tools/verify_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libdata/core/units.h"

namespace stoker {
namespace {
using Json = nlohmann::ordered_json;

std::string_view level_name(VerifyLevel level) {
  switch (level) {
    case VerifyLevel::kFast:
      return "fast";
    case VerifyLevel::kDefault:
      return "default";
    case VerifyLevel::kDeep:
      return "deep";
  }
  return "";
}

std::string_view what_was_checked(VerifyLevel level) {
  switch (level) {
    case VerifyLevel::kFast:
      return "manifest, sizes, shard hashes, indexes (records were not looked at one by one)";
    case VerifyLevel::kDefault:
      return "manifest, sizes, shard hashes, indexes, every record's hash, padding, counts";
    case VerifyLevel::kDeep:
      return "manifest, sizes, shard hashes, indexes, every record's hash, padding, counts; every "
             "value decoded";
  }
  return "";
}

uint64_t total(const VerifyReport& report, uint64_t CheckedFile::*member) {
  uint64_t sum = 0;
  for (const CheckedFile& file : report.files)
    sum += file.*member;
  return sum;
}

Json fault_json(const Fault& fault) {
  Json json{{"kind", fault_kind_name(fault.kind)}, {"file", fault.file}};
  if (!fault.split.empty()) json["split"] = fault.split;
  if (fault.sample) json["sample"] = *fault.sample;
  if (fault.sample_id) json["sample_id"] = *fault.sample_id;
  if (fault.sample) json["sample_name"] = fault.sample_name;
  if (!fault.field.empty()) json["field"] = fault.field;
  if (fault.offset_bytes) json["offset"] = *fault.offset_bytes;
  json["message"] = fault.message;
  return json;
}

Json faults_json(const std::vector<Fault>& faults) {
  Json json = Json::array();
  for (const Fault& fault : faults)
    json.push_back(fault_json(fault));
  return json;
}

// Length of the well-formed UTF-8 sequence that `text` starts with; 0 where there is none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t length = byte(0) < 0x80   ? 1
                        : byte(0) < 0xc2 ? 0
                        : byte(0) < 0xe0 ? 2
                        : byte(0) < 0xf0 ? 3
                        : byte(0) < 0xf5 ? 4
                                         : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xf0 && byte(1) < 0x90);
  const bool surrogate = byte(0) == 0xed && byte(1) > 0x9f;
  const bool too_large = byte(0) == 0xf4 && byte(1) > 0x8f;
  const bool no_character = byte(0) == 0xef && byte(1) == 0xbf && byte(2) > 0xbd;  // U+FFFE, U+FFFF
  return overlong || surrogate || too_large || no_character ? 0 : length;
}

// Text as XML 1.0 may carry it, also in attributes. Names of samples hold any bytes: what is no
// UTF-8 or no XML character becomes U+FFFD.
std::string escape_xml(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const char c = text.front();
    const bool control = static_cast<unsigned char>(c) < 0x20;
    if (length == 0 || (control && c != '\t' && c != '\n' && c != '\r')) {
      escaped += "\xef\xbf\xbd";
    } else if (control) {
      escaped += fmt::format("&#{};", static_cast<int>(c));
    } else if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else {
      escaped += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return escaped;
}

struct TestCase {
  std::string name;
  double seconds = 0;
  std::vector<const Fault*> faults;
};

// One a file that was looked at; a fault in any other (an unlisted shard) brings its own.
std::vector<TestCase> test_cases(const VerifyReport& report) {
  std::vector<TestCase> cases;
  for (const CheckedFile& file : report.files)
    cases.push_back({file.file, file.seconds, {}});
  for (const Fault& fault : report.faults) {
    auto found = std::find_if(cases.begin(), cases.end(),
                              [&](const TestCase& test) { return test.name == fault.file; });
    if (found == cases.end()) found = cases.insert(cases.end(), {fault.file, 0, {}});
    found->faults.push_back(&fault);
  }
  return cases;
}

}  // namespace

void print_report(const std::filesystem::path& folder, VerifyLevel level,
                  const VerifyReport& report) {
  if (report.manifest) {
    fmt::print("{}: data set by {} {}, fingerprint {}\n", folder.string(), report.manifest->tool,
               report.manifest->tool_version, to_hex(report.manifest->fingerprint));
    for (const SplitEntry& split : report.manifest->splits) {
      fmt::print("split {}: {} in {}\n", split.name, counted(split.sample_count(), "sample"),
                 counted(split.shards.size(), "shard"));
    }
  }
  fmt::print("checked {}\n", what_was_checked(level));
  for (const Fault& fault : report.faults)
    fmt::print("FAULT ({}) {}\n", fault_kind_name(fault.kind), describe(fault));
  for (const Fault& warning : report.warnings)
    fmt::print("warning: {}\n", describe(warning));
  fmt::print("{}: {}, {}; {}, {}, {:.1f} s\n", report.whole() ? "whole" : "BAD",
             counted(report.faults.size(), "fault"), counted(report.warnings.size(), "warning"),
             counted(report.files.size(), "file"),
             format_byte_count(total(report, &CheckedFile::size_bytes)), report.seconds);
}

std::string report_json(const std::filesystem::path& folder, VerifyLevel level,
                        const VerifyReport& report) {
  Json files = Json::array();
  for (const CheckedFile& file : report.files) {
    files.push_back({{"file", file.file},
                     {"split", file.split},
                     {"bytes", file.size_bytes},
                     {"samples", file.samples},
                     {"seconds", file.seconds}});
  }
  const Json json{{"folder", folder.string()},
                  {"level", level_name(level)},
                  {"whole", report.whole()},
                  {"samples", total(report, &CheckedFile::samples)},
                  {"bytes", total(report, &CheckedFile::size_bytes)},
                  {"seconds", report.seconds},
                  {"faults", faults_json(report.faults)},
                  {"warnings", faults_json(report.warnings)},
                  {"files", files}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string report_junit(const std::filesystem::path& folder, const VerifyReport& report) {
  const std::vector<TestCase> cases = test_cases(report);
  const auto failures = std::count_if(cases.begin(), cases.end(),
                                      [](const TestCase& test) { return !test.faults.empty(); });
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"verify-dataset {}\" tests=\"{}\" failures=\"{}\" time=\"{:.3f}\">\n",
      escape_xml(folder.string()), cases.size(), failures, report.seconds);
  for (const TestCase& test : cases) {
    xml += fmt::format("  <testcase classname=\"verify-dataset\" name=\"{}\" time=\"{:.3f}\"",
                       escape_xml(test.name), test.seconds);
    if (test.faults.empty()) {
      xml += "/>\n";
      continue;
    }
    // One failure a test case is what CI servers read; every fault is in its text.
    std::string text;
    for (const Fault* fault : test.faults)
      text += describe(*fault) + "\n";
    xml += fmt::format(">\n    <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                       fault_kind_name(test.faults.front()->kind),
                       counted(test.faults.size(), "fault"), escape_xml(text));
    xml += "  </testcase>\n";
  }
  return xml + "</testsuite>\n";
}

}  // namespace stoker
