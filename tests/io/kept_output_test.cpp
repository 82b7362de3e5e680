#include "harness/io/kept_output.hpp"

#include <gtest/gtest.h>

namespace coldboot {
namespace {

TEST(KeptOutput, KeepsAllOfAShortOutput) {
  KeptOutput kept(10);
  for (const char* piece : {"01", "2345", "6789"}) kept.add(piece);
  EXPECT_EQ(kept.text(), "0123456789");
  EXPECT_EQ(kept.size(), 10U);
}

TEST(KeptOutput, CutsTheMiddleHoweverItWasSplit) {
  const std::string all = "first-xxxxxxxxxxxxxxxxxxxxxxx-last";
  for (std::size_t step = 1; step <= all.size(); ++step) {
    KeptOutput kept(10);
    for (std::size_t at = 0; at < all.size(); at += step) kept.add(std::string_view(all).substr(at, step));
    EXPECT_EQ(kept.text(), "first\n[24 bytes cut]\n-last") << "in pieces of " << step;
    EXPECT_EQ(kept.size(), all.size());
  }
}

TEST(KeptOutput, NamesTheLastLineThatSaysAnything) {
  KeptOutput kept(100);
  EXPECT_EQ(kept.last_line(), "");
  kept.add("Erasing\nWriting 12%\rWriting 13%\r\n \n");
  EXPECT_EQ(kept.last_line(), "Writing 13%");
}

}  // namespace
}  // namespace coldboot
