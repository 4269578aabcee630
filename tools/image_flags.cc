#include "tools/image_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "libdata/core/choice_option.h"

namespace stoker {
namespace {

std::string check_split_name(const std::string& name) {
  constexpr size_t kLongest = 64;
  const bool fits = !name.empty() && name.size() <= kLongest && name.front() != '.' &&
                    name.front() != '-' &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return c < 0x80 && (std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.');
                    });
  if (fits) return {};
  return "expected 1 to 64 letters, digits, '_', '-' or '.', not beginning with '-' or '.', found "
         "'" +
         name + "'";
}

}  // namespace

void declare_image_flags(CLI::App& app, ImagePackOptions* options) {
  add_choice(app, "--encode", options->encoding,
             {{"original", ImageEncoding::kOriginal},
              {"jpeg", ImageEncoding::kJpeg},
              {"raw", ImageEncoding::kRaw},
              {"mixed", ImageEncoding::kMixed}},
             "original: the source's bytes; jpeg: baseline JPEG, kept where it fits already; raw: "
             "uint8 pixels; mixed: raw and jpeg");
  app.add_option("--max-side", options->max_side, "Shrink so that the longer side is at most N")
      ->check(CLI::Range(1, 65535));
  app.add_option("--short-side", options->short_side,
                 "Shrink so that the shorter side is at most N")
      ->check(CLI::Range(1, 65535));
  app.add_option("--quality", options->quality, "JPEG quality")->check(CLI::Range(1, 100));
  app.add_flag("--reencode", options->reencode,
               "With --encode jpeg: encode again also what fits and is baseline already");
  app.add_option("--raw-fraction", options->raw_fraction,
                 "With --encode mixed: the share of samples stored raw")
      ->check(CLI::Range(0.0, 1.0));
  add_choice(app, "--orientation", options->upright, {{"stored", false}, {"apply", true}},
             "stored: pixels as they lie in the file, as torchvision sees them; apply: turned by "
             "their EXIF orientation (not with --encode original)");
  app.add_flag("--check-decode", options->check_decode,
               "Decode also images that are kept as they are, to find damage inside them");
}

void declare_split_flag(CLI::App& app, std::string* split, const std::string& help) {
  app.add_option("--split", *split, help)
      ->check(CLI::Validator(check_split_name, "", "split"))
      ->type_name("NAME");
}

}  // namespace stoker
