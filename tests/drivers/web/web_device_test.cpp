#include "drivers/web/web_device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/soon.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/web/http_server.hpp"
#include "tests/web/logins.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// The folder of a bench file with a password beside it.
class WebDeviceTest : public testing::Test {
 protected:
  void SetUp() override { (void)folder.write("secret", "hunter2\n"); }

  [[nodiscard]] Result<WebDevice> open(WebKeys keys) const {
    return WebDevice::open(keys, HttpLogin::Scheme::basic, {(folder.path() / "bench.yaml").string(), 3, 1},
                           "bench/power");
  }

  TemporaryFolder folder;
};

TEST_F(WebDeviceTest, AsksBelowItsAddress) {
  const HttpServer server([](const ServedRequest& request) { return ServedAnswer{.body = request.path}; });
  for (const char* end : {"", "/", "/behind/a/proxy/"}) {
    const auto device = open({.url = server.url() + end});
    ASSERT_TRUE(device);
    const std::string folder_of_url = std::string_view(end).size() > 1 ? "/behind/a/proxy" : "";
    EXPECT_EQ(device->get("/status", soon()).value(), folder_of_url + "/status");
  }
}

TEST_F(WebDeviceTest, LogsInWithThePasswordItWasToldToRead) {
  const HttpServer server([](const ServedRequest& request) {
    return ServedAnswer{.status = shows_basic_login(request, "admin", "hunter2") ? 200 : 401};
  });
  EXPECT_TRUE(open({.url = server.url(), .password = "file:secret"})->get("/", soon()));
  const auto refused = open({.url = server.url()})->get("/", soon());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::refused);
  EXPECT_THAT(refused.error().hint(), HasSubstr("password"));
}

TEST_F(WebDeviceTest, SaysAtOnceWhenItsPasswordIsNotThere) {
  EXPECT_EQ(open({.url = "http://x", .password = "file:none"}).error().cause(), Cause::missing);
  EXPECT_EQ(open({.url = "http://x", .user = "lab"}).error().cause(), Cause::mistake);
}

TEST_F(WebDeviceTest, SaysWhoIsToBlameForAStatus) {
  for (const auto& [status, cause] :
       {std::pair(200, Cause::internal), std::pair(204, Cause::internal), std::pair(302, Cause::protocol),
        std::pair(403, Cause::refused), std::pair(404, Cause::refused), std::pair(500, Cause::io)}) {
    const HttpServer server([status = status](const ServedRequest&) { return ServedAnswer{.status = status}; });
    const auto answer = open({.url = server.url()})->get("/", soon());
    EXPECT_EQ(answer ? Cause::internal : answer.error().cause(), cause) << status;
  }
}

TEST_F(WebDeviceTest, ShowsNoPasswordThatTheDeviceSentBack) {
  const HttpServer server([](const ServedRequest&) {
    return ServedAnswer{.status = 404, .body = "no page /cm?user=admin&password=hunter2"};
  });
  const auto device = open({.url = server.url(), .password = "file:secret"});
  const auto refused = device->get("/cm?password=hunter2", soon());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("password=***"));
  EXPECT_THAT(refused.error().text(), Not(HasSubstr("hunter2")));
  EXPECT_THAT(device->unexpected("hunter2", "ON").text(), Not(HasSubstr("hunter2")));
}

struct WebKeysTest : WebKeys {};

std::vector<Fault> mistakes_of(const std::string& key, const std::string& text) {
  const auto type = with_web_keys(keys::object<WebKeysTest>("outlet", "An outlet."), "http://192.0.2.7");
  std::map<std::string, std::string> kept{{"url", "http://192.0.2.7"}};
  kept[key] = text;
  const auto read = keys::from_kept<WebKeysTest>(type, kept, {"bench.yaml", 1, 1});
  return read ? std::vector<Fault>() : std::vector<Fault>{read.error()};
}

TEST(WebKeys, TakeAnAddressOfAServer) {
  for (const char* url : {"http://192.0.2.7", "https://outlet.lab:8443/", "http://[2001:db8::7]:8000/rack"})
    EXPECT_TRUE(mistakes_of("url", url).empty()) << url;
  for (const char* url : {"192.0.2.7", "ftp://192.0.2.7", "http://", "http://a b", "http://a/?x=1", "http://a/#x",
                          "http://lab:hunter2@192.0.2.7"}) {
    ASSERT_EQ(mistakes_of("url", url).size(), 1U) << url;
    EXPECT_THAT(mistakes_of("url", url)[0].text(), Not(HasSubstr("hunter2")));
  }
}

TEST(WebKeys, TakeNoPasswordItself) {
  EXPECT_TRUE(mistakes_of("password", "env:OUTLET").empty());
  ASSERT_EQ(mistakes_of("password", "hunter2").size(), 1U);
  EXPECT_THAT(mistakes_of("password", "hunter2")[0].text(), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace coldboot
