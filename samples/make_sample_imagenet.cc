// make-sample-imagenet: made-up images in the archives of ILSVRC2012, for the quickstart and for
// tests: a tar of class tars, a validation tar in arbitrary order, and the devkit that labels it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <vector>

#include "libdata/core/files.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/parallel.h"
#include "libdata/core/program.h"
#include "libdata/core/progress.h"
#include "libdata/core/random.h"
#include "libdata/image/jpeg.h"
#include "samples/class_drawing.h"
#include "samples/imagenet_writing.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

// Numbers of the pictures: training from 0, validation from here.
constexpr uint64_t kFirstValNumber = 1u << 20;
constexpr int kInnerNodes = 3;

struct Options {
  std::string output;
  int64_t classes = 10;
  int64_t train_per_class = 60;
  int64_t val_per_class = 20;
  int64_t side = 96;
  uint64_t seed = 1;
};

void declare(CLI::App& app, Options* options) {
  begin_options(app, "What to make");
  app.add_option("--output", options->output, "Folder to write")->required()->type_name("DIR");
  app.add_option("--classes", options->classes, "Classes")->check(CLI::Range(2l, kDrawnClasses));
  app.add_option("--train-per-class", options->train_per_class, "Training images a class")
      ->check(CLI::Range(1, 100000));
  app.add_option("--val-per-class", options->val_per_class, "Validation images a class")
      ->check(CLI::Range(1, 100000));
  app.add_option("--side", options->side, "Pixels along the shorter side, about")
      ->check(CLI::Range(16, 4096));
  app.add_option("--seed", options->seed, "Seed of everything drawn");
}

// Classes of the archives are numbered by sorted wnid; 90 000 000 and up is beyond WordNet's range.
std::string wnid_of(int64_t drawn_class) {
  return fmt::format("n{:08}", 90000000 + 137 * drawn_class);
}

Bytes draw_jpeg(const Options& options, int64_t drawn_class, uint64_t number) {
  RandomStream random(options.seed, 1u << 20, number * kDrawnClasses + uint64_t(drawn_class));
  const auto longer = options.side + int64_t(random.next_below(uint64_t(options.side) / 2 + 1));
  const bool tall = random.next_bool();
  JpegEncodeOptions encoding;
  encoding.quality = 80 + static_cast<int>(random.next_below(17));
  return encode_jpeg(draw_class(drawn_class, tall ? longer : options.side,
                                tall ? options.side : longer, options.seed, number),
                     encoding);
}

Bytes make_class_tar(const Options& options, int64_t drawn_class) {
  std::vector<ArchiveMember> members;
  for (int64_t i = 0; i < options.train_per_class; ++i) {
    members.push_back({fmt::format("{}_{}.JPEG", wnid_of(drawn_class), 3 * i + 1),
                       draw_jpeg(options, drawn_class, uint64_t(i))});
  }
  return make_tar(members);
}

Bytes make_train_tar(const Options& options, Progress& progress) {
  std::vector<ArchiveMember> tars(static_cast<size_t>(options.classes));
  run_parallel(tars.size(), [&](uint64_t c) {
    tars[c] = {wnid_of(int64_t(c)) + ".tar", make_class_tar(options, int64_t(c))};
    progress.add(uint64_t(options.train_per_class), tars[c].bytes.size());
  });
  return make_tar(tars);
}

// The class of validation image 1, 2, ...: every class as often, in an order drawn by lot.
std::vector<int64_t> draw_val_classes(const Options& options) {
  const auto count = uint64_t(options.classes * options.val_per_class);
  std::vector<int64_t> classes;
  for (const uint64_t i : random_permutation(count, options.seed, 1))
    classes.push_back(int64_t(i) % options.classes);
  return classes;
}

Bytes make_val_tar(const Options& options, const std::vector<int64_t>& classes,
                   Progress& progress) {
  std::vector<ArchiveMember> members(classes.size());
  const std::vector<uint64_t> order = random_permutation(classes.size(), options.seed, 2);
  run_parallel(classes.size(), [&](uint64_t i) {
    members[order[i]] = {fmt::format("ILSVRC2012_val_{:08}.JPEG", i + 1),
                         draw_jpeg(options, classes[i], kFirstValNumber + i)};
    progress.add(1, members[order[i]].bytes.size());
  });
  return make_tar(members);
}

// As in the real devkit, the order of the ids is not the order of the wnids, and inner nodes of the
// hierarchy follow the classes.
Bytes make_devkit(const Options& options, const std::vector<int64_t>& val_classes) {
  const std::vector<uint64_t> class_of_id =
      random_permutation(uint64_t(options.classes), options.seed, 3);
  std::vector<SynsetRow> rows;
  std::vector<int> id_of(class_of_id.size());
  for (const uint64_t c : class_of_id) {
    id_of[c] = static_cast<int>(rows.size()) + 1;
    rows.push_back({id_of[c],
                    wnid_of(int64_t(c)),
                    drawn_class_name(int64_t(c)),
                    {},
                    static_cast<int>(options.train_per_class)});
  }
  for (int i = 0; i < kInnerNodes; ++i) {
    const int id = static_cast<int>(rows.size()) + 1;
    rows.push_back(
        {id, fmt::format("n{:08}", 99000000 + i), fmt::format("group {}", i), {1, 2}, 0});
  }
  std::string truth;
  for (const int64_t c : val_classes)
    truth += fmt::format("{}\n", id_of[size_t(c)]);
  const ByteSpan text = as_bytes(truth);
  return make_tar_gz({{"ILSVRC2012_devkit_t12/data/meta.mat", make_meta_mat(rows)},
                      {"ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt",
                       Bytes(text.begin(), text.end())}});
}

int run(const CommonOptions& common, const Options& options) {
  const fs::path folder = options.output;
  fs::create_directories(folder);
  const std::vector<int64_t> val_classes = draw_val_classes(options);
  const int64_t train_images = options.classes * options.train_per_class;
  Progress progress("drawing", "img", uint64_t(train_images) + val_classes.size(), common.quiet);
  const auto put = [&](const char* name, const Bytes& bytes) {
    write_file_atomically(folder / name, ByteSpan(bytes));
  };
  put("ILSVRC2012_img_train.tar", make_train_tar(options, progress));
  put("ILSVRC2012_img_val.tar", make_val_tar(options, val_classes, progress));
  put("ILSVRC2012_devkit_t12.tar.gz", make_devkit(options, val_classes));
  std::string labels;
  for (size_t i = 0; i < val_classes.size(); ++i) {
    labels += fmt::format("ILSVRC2012_val_{:08}.JPEG\t{}\t{}\n", i + 1, wnid_of(val_classes[i]),
                          val_classes[i]);
  }
  write_file_atomically(folder / "expected_val_labels.tsv", labels);
  fmt::print("{} training and {} validation images of {} classes in {}\n", train_images,
             val_classes.size(), options.classes, folder.string());
  return kExitDone;
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  stoker::Options options;
  return stoker::run_program(
      argc, argv, {"make-sample-imagenet", "Write made-up images in the archives of ILSVRC2012."},
      [&](CLI::App& app) { stoker::declare(app, &options); },
      [&](const stoker::CommonOptions& common) { return stoker::run(common, options); });
}
