#include "drivers/flashrom/remote_scripts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/io/child_process.hpp"
#include "tests/soon.hpp"

namespace coldboot {
namespace {

TEST(QuotedForAShell, IsOneWordWithNothingChanged) {
  for (const char* text : {"plain", "", "two words", "it's", "!history!", "$HOME `id` $(id)", "\\ \" * ? ~ # ; & |",
                           "''!''", "-n", "internal:boardmismatch=force"}) {
    const auto once = run_child({"sh", "-c", "printf %s " + shell_quoted(text)}, soon());
    ASSERT_TRUE(once) << once.error().text();
    EXPECT_EQ(once->output, text);
    const auto twice = run_child({"sh", "-c", "sh -c " + shell_quoted("printf %s " + shell_quoted(text))}, soon());
    ASSERT_TRUE(twice) << twice.error().text();
    EXPECT_EQ(twice->output, text);
  }
}

TEST(FramedCommand, IsSeenThroughTheGreetingsOfAShell) {
  const auto ran =
      run_child({"sh", "-c", "echo Welcome; " + framed_command("echo it is; exit 3") + "; echo Bye"}, soon());
  ASSERT_TRUE(ran) << ran.error().text();
  const FramedOutput output = framed_output(ran->output);
  EXPECT_TRUE(output.has_begun);
  EXPECT_EQ(output.payload, "it is\n");
  EXPECT_EQ(output.status, 3);
}

TEST(FramedOutput, KnowsItsEndInPiecesOfAnySize) {
  const std::string whole = "Last login: today\ncoldboot: begin\nFound\ncoldboot: end of\n\ncoldboot: end 12\nBye\n";
  const std::size_t begun_at = whole.find("Found");
  const std::size_t ended_at = whole.find("Bye");
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const FramedOutput output = framed_output(std::string_view(whole).substr(0, size));
    EXPECT_EQ(output.has_begun, size >= begun_at) << size;
    EXPECT_EQ(output.status.has_value(), size >= ended_at) << size;
  }
  EXPECT_EQ(framed_output(whole).payload, "Found\ncoldboot: end of\n");
  EXPECT_EQ(framed_output(whole).status, 12);
}

TEST(FramedOutput, MayHoldAnyBytes) {
  const std::string bytes = std::string("\0\n\ncoldboot: begin\n\xff", 20) + "\ncoldboot: end 7\n\n\n";
  EXPECT_EQ(framed_output("coldboot: begin\n" + bytes + "\ncoldboot: end 0\n").payload, bytes);
}

TEST(RemoteScripts, AreOnOneLineAsCshAsksForIt) {
  const RemoteStep step{.folder = "/tmp/coldboot-flash", .name = "1-probe"};
  for (const std::string& script :
       {prepare_script(step.folder), remove_script(step.folder), upload_script("/tmp/image"),
        download_script("/tmp/image"), start_script(step, {"flashrom"}), follow_script(step), cut_script(step),
        kill_script(step)}) {
    EXPECT_THAT(framed_command(script), testing::Not(testing::HasSubstr("\n")));
  }
}

}  // namespace
}  // namespace coldboot
