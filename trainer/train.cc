#include "trainer/options/train_options.h"
#include "trainer/run/train_run.h"
#include "trainer/tensors/cpu_allocator.h"

int main(int argc, char** argv) {
  stoker::use_pooled_memory();
  stoker::TrainOptions options;
  stoker::end_process(stoker::run_program(
      argc, argv, {"train", "Trains a network on packed data sets."},
      [&](CLI::App& app) { stoker::declare_train_options(app, options); },
      [&](const stoker::CommonOptions& common) { return stoker::run_training(options, common); }));
}
