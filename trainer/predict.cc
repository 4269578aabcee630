#include "trainer/predict/predict_run.h"
#include "trainer/tensors/cpu_allocator.h"

int main(int argc, char** argv) {
  stoker::use_pooled_memory();
  stoker::PredictRunOptions options;
  stoker::end_process(stoker::run_program(
      argc, argv,
      {"predict", "Segments volumes, packed or as TIFF, with a trained U-Net, to TIFF masks."},
      [&](CLI::App& app) { stoker::declare_predict_options(app, options); },
      [&](const stoker::CommonOptions& common) {
        return stoker::run_prediction(options, common);
      }));
}
