#include "trainer/options/validation_options.h"

#include <CLI/CLI.hpp>

#include "libdata/core/choice_option.h"
#include "libdata/core/help_layout.h"

namespace stoker {

void declare_validation_options(CLI::App& app, ValidationOptions& options) {
  begin_options(app, "Validation");
  app.add_option(
         "--best-metric", options.best_metric,
         "Value by which the best weights are kept, and --target-accuracy is reached: top1, "
         "top5, macro_f1, macro_auc or loss; unet3d: surface_dice, dice or voi_score; "
         "default: the first")
      ->type_name("NAME");
  add_choice(app, "--val-tta", options.tta, {"none", "flip"},
             "Validate on each image and its mirror (mean of the logits), or on the 8 mirror "
             "images of each window (unet3d; mean of the probabilities)");
}

}  // namespace stoker
