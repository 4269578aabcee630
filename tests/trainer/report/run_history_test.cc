#include "trainer/report/run_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/trainer/report/judged.h"
#include "trainer/report/data_uri.h"
#include "trainer/report/evaluation_file.h"
#include "trainer/report/html_report.h"
#include "trainer/report/run_log.h"
#include "trainer/report/svg_chart.h"

namespace stoker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string a_run() {
  std::string lines;
  const auto add = [&](const LogLine& line) { lines += encode_log_line(line) + "\n"; };
  add({{"event", "start"}, {"--model", "resnet18"}, {"--shards", "a <b> & \"c\""}});
  add({{"event", "step"}, {"epoch", uint64_t{1}}, {"step", uint64_t{50}}, {"train_loss", 1.5}});
  add({{"event", "epoch"}, {"epoch", uint64_t{1}}, {"train_loss", 1.25}, {"val_loss", NAN}});
  add({{"event", "epoch"},
       {"epoch", uint64_t{2}},
       {"train_loss", 0.1},
       {"val_top1", 0.75},
       {"seconds", 3600.0},
       {"data_wait_share", 0.25}});
  return lines;
}

TEST(RunHistory, ReadsWhatTheLogWrote) {
  const RunHistory history = parse_history(a_run());
  ASSERT_EQ(history.options.size(), 2u);
  EXPECT_EQ(history.options[0].second, "resnet18");
  ASSERT_EQ(history.steps.size(), 1u);
  EXPECT_EQ(history.steps[0].find("train_loss"), 1.5);
  ASSERT_EQ(history.epochs.size(), 2u);
  EXPECT_TRUE(std::isnan(history.epochs[0].find("val_loss").value()));
  EXPECT_FALSE(history.epochs[0].find("val_top1"));
}

TEST(RunHistory, LastLineOfAKilledRunIsLeftOut) {
  EXPECT_EQ(parse_history(a_run() + "{\"event\":\"epoch\",\"ep").epochs.size(), 2u);
  EXPECT_THROW((void)parse_history("no json\n" + a_run()), Error);
}

TEST(RunHistory, CsvHasARowAnEpoch) {
  EXPECT_EQ(epochs_as_csv(parse_history(a_run())),
            "epoch,train_loss,val_loss,val_top1,seconds,data_wait_share\n"
            "1,1.25,,,,\n"
            "2,0.1,,0.75,3600,0.25\n");
}

TEST(Evaluation, SurvivesTheFile) {
  const EvaluationSums sums = judged();
  const Evaluation before = evaluation_of(sums, {"cat", "dog \"x\""}, 7).value();
  const Evaluation after = decode_evaluation(encode_evaluation(before));
  EXPECT_EQ(after.epoch, 7u);
  EXPECT_EQ(after.confusion, before.confusion);
  ASSERT_EQ(after.classes.size(), 2u);
  EXPECT_EQ(after.classes[1].name, "dog \"x\"");
  EXPECT_EQ(after.classes[0].score.support, 4u);
  EXPECT_EQ(after.classes[1].score.recall, 1.0);
  EXPECT_EQ(after.classes[0].auc, before.classes[0].auc);
  EXPECT_THROW((void)decode_evaluation("{\"epoch\": 1}"), Error);
  EXPECT_FALSE(evaluation_of(EvaluationSums{}, {}, 1));
}

SampleGallery a_gallery() {
  const std::string picture = "data:image/jpeg;base64,/9j/";
  return {"loss",
          true,
          {{"a/<1>.jpg", 5.25, "cat", "dog", 0.98, picture}},
          {{"b/2.jpg", 0.0, "dog", "dog", 0.995}}};
}

TEST(Evaluation, KeepsItsSamplesButForTheirPictures) {
  const Evaluation before = evaluation_of(judged(), {"cat", "dog"}, 7, a_gallery()).value();
  const Evaluation after = decode_evaluation(encode_evaluation(before));
  ASSERT_EQ(after.samples.worst.size(), 1u);
  EXPECT_EQ(after.samples.score, "loss");
  EXPECT_TRUE(after.samples.high_is_bad);
  EXPECT_EQ(after.samples.worst[0].name, "a/<1>.jpg");
  EXPECT_EQ(after.samples.worst[0].score, 5.25);
  EXPECT_EQ(after.samples.worst[0].prediction, "dog");
  EXPECT_EQ(after.samples.worst[0].probability, 0.98);
  EXPECT_EQ(after.samples.worst[0].picture, "");
  EXPECT_EQ(after.samples.best[0].label, "dog");
}

TEST(Evaluation, OfVolumesHasSamplesAlone) {
  const SampleGallery volumes{"Dice", false, {{"v1", 0.25, "", ""}}, {{"v2", 0.75, "", ""}}};
  const Evaluation before = evaluation_of(EvaluationSums{}, {}, 3, volumes).value();
  const Evaluation after = decode_evaluation(encode_evaluation(before));
  EXPECT_TRUE(after.classes.empty());
  ASSERT_EQ(after.samples.worst.size(), 1u);
  EXPECT_EQ(after.samples.worst[0].score, 0.25);
  const std::string html = html_report({}, after, {"unet3d", "patch", 0.0, 5});
  EXPECT_THAT(html, HasSubstr("Lowest Dice, epoch 3"));
  EXPECT_THAT(html, HasSubstr("<td>v1</td><td>0.2500</td>"));
  EXPECT_THAT(html, Not(HasSubstr("<figure>")));
}

TEST(HtmlReport, ShowsTheHardestAndTheEasiestSamples) {
  const std::string html =
      html_report(parse_history(a_run()), evaluation_of(judged(), {"cat", "dog"}, 2, a_gallery()),
                  {"resnet18", "img", 0.0, 3});
  EXPECT_THAT(html, HasSubstr("Highest loss, epoch 2"));
  EXPECT_THAT(html, HasSubstr("<b>cat</b> taken for <b class=\"wrong\">dog</b> 98.0 %"));
  EXPECT_THAT(html, HasSubstr("a/&lt;1&gt;.jpg"));
  EXPECT_THAT(html, HasSubstr("src=\"data:image/jpeg;base64,/9j/\""));
  EXPECT_THAT(html, HasSubstr("Lowest loss, epoch 2"));
  EXPECT_THAT(html, HasSubstr("<b>dog</b> 99.5 %"));
}

// RFC 4648, section 10.
TEST(DataUri, IsBase64) {
  const std::pair<const char*, const char*> pairs[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [text, encoded] : pairs)
    EXPECT_EQ(base64(as_bytes(text)), encoded);
  const Bytes high{0xff, 0xfe, 0xfb};
  EXPECT_EQ(data_uri("image/jpeg", high), "data:image/jpeg;base64,//77");
}

TEST(HtmlReport, SaysWhatTheRunSaysAndEscapesIt) {
  const EvaluationSums sums = judged();
  const std::string html =
      html_report(parse_history(a_run()), evaluation_of(sums, {"<i>cat", "dog"}, 2),
                  {"resnet18", "img", 2.0, 3});
  EXPECT_THAT(html, HasSubstr("2 of 3 epochs"));
  EXPECT_THAT(html, HasSubstr("0.7500"));              // best top-1
  EXPECT_THAT(html, HasSubstr("cost, at 2 an hour"));  // of one hour
  EXPECT_THAT(html, HasSubstr("<b>2.00</b>"));
  EXPECT_THAT(html, HasSubstr("25.0 %"));  // waiting for data
  EXPECT_THAT(html, HasSubstr("a &lt;b&gt; &amp; &quot;c&quot;"));
  EXPECT_THAT(html, HasSubstr("&lt;i&gt;cat"));
  EXPECT_THAT(html, Not(HasSubstr("<i>cat")));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
  for (const char* foreign : {"http:", "https:", "src=", "<script", "url("})
    EXPECT_THAT(html, Not(HasSubstr(foreign)));
}

TEST(HtmlReport, StandsBeforeTheFirstEpoch) {
  EXPECT_THAT(html_report({}, std::nullopt, {"unet3d", "patch", 0.0, 5}),
              HasSubstr("0 of 5 epochs"));
}

TEST(SvgChart, TicksAreRound) {
  EXPECT_THAT(round_ticks(0.0, 10.0, 5), ElementsAre(0.0, 2.0, 4.0, 6.0, 8.0, 10.0));
  EXPECT_THAT(round_ticks(0.13, 0.29, 4),
              ElementsAre(::testing::DoubleNear(0.15, 1e-12), ::testing::DoubleNear(0.2, 1e-12),
                          ::testing::DoubleNear(0.25, 1e-12)));
}

TEST(SvgChart, OnePointHasRoomAndNoPointNoChart) {
  const ChartLine point{"loss", {{1.0, 0.5}}};
  EXPECT_THAT(svg_chart({&point, 1}, "epoch"), HasSubstr("loss 0.5 at 1"));
  const ChartLine four{"loss", {{1.0, 0.5}, {4.0, 0.25}}};
  EXPECT_THAT(svg_chart({&four, 1}, "epoch"), Not(HasSubstr(">1.5<")));  // half an epoch
  const ChartLine none{"loss", {{1.0, NAN}}};
  EXPECT_EQ(svg_chart({&none, 1}, "epoch"), "");
}

}  // namespace
}  // namespace stoker
