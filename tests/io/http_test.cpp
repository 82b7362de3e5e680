#include "harness/io/http.hpp"

#include <cstdlib>
#include <future>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/soon.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/web/http_server.hpp"
#include "tests/web/logins.hpp"
#include "tests/web/tls.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Way = ServedAnswer::Way;

Result<HttpAnswer> exchange(const HttpRequest& request, const Until& until = soon()) {
  return http_exchange(request, "bench/power", until);
}

HttpServer::Answer answers(std::string body, Way way = Way::whole, int status = 200) {
  return [=](const ServedRequest&) { return ServedAnswer{.status = status, .body = body, .headers = {}, .way = way}; };
}

TEST(Http, SendsWhatItIsToldAndReturnsWhatCameBack) {
  const HttpServer server(answers("taken", Way::whole, 202));
  const auto answer = exchange({.method = "PATCH",
                                .url = server.url() + "/gpio/9?a=b%20c",
                                .headers = {"Content-Type: application/json"},
                                .body = R"({"state":1})"});
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 202);
  EXPECT_EQ(answer->body, "taken");
  const ServedRequest seen = server.requests().at(0);
  EXPECT_EQ(seen.method, "PATCH");
  EXPECT_EQ(seen.path, "/gpio/9");
  EXPECT_EQ(seen.field("a"), "b c");
  EXPECT_EQ(seen.header("content-type"), "application/json");
  EXPECT_EQ(seen.body, R"({"state":1})");
}

TEST(Http, SendsABodyOfNothingWithAMethodThatHasOne) {
  const HttpServer server(answers(""));
  ASSERT_TRUE(exchange({.method = "POST", .url = server.url()}));
  EXPECT_EQ(server.requests().at(0).method, "POST");
  EXPECT_EQ(server.requests().at(0).header("content-length"), "0");
}

TEST(Http, TakesAnAnswerHoweverItsEndIsMarked) {
  const std::string body(1000, 'x');
  for (const Way way : {Way::whole, Way::chunked, Way::until_end}) {
    const HttpServer server(answers(body, way));
    const auto answer = exchange({.url = server.url()});
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->body, body);
  }
}

TEST(Http, CallsAnAnswerThatIsNotAllThereLost) {
  for (const Way way : {Way::cut, Way::dropped}) {
    const HttpServer server(answers("{\"state\":1}", way));
    const auto answer = exchange({.method = "PUT", .url = server.url() + "/outlet", .body = "1"});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().cause(), Cause::lost);
    EXPECT_EQ(answer.error().where(), "bench/power");
    EXPECT_THAT(answer.error().text(), HasSubstr("/outlet"));
    EXPECT_EQ(server.requests().size(), 1U) << "and does not send it again";
  }
}

TEST(Http, SaysThatNobodyListens) {
  const auto answer = exchange({.url = fmt::format("http://127.0.0.1:{}/x", closed_port())});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().cause(), Cause::lost);
  EXPECT_THAT(answer.error().what(), HasSubstr("Connection refused"));
}

TEST(Http, SaysThatANameIsNotKnown) {
  const auto answer = exchange({.url = "http://no-such-outlet.invalid/"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().cause(), Cause::missing);
  EXPECT_THAT(answer.error().what(), HasSubstr("no-such-outlet.invalid"));
}

TEST(Http, SaysWhenSomethingOtherThanAWebServerAnswers) {
  const HttpServer server(answers("SSH-2.0-OpenSSH_9.2\r\n", Way::bare));
  EXPECT_EQ(exchange({.url = server.url()}).error().cause(), Cause::protocol);
}

TEST(Http, StopsReadingWhereAnAnswerHasNoEnd) {
  const HttpServer server(answers(std::string(100'000, 'x'), Way::chunked));
  const auto answer = exchange({.url = server.url(), .most_answer = 1000});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().cause(), Cause::protocol);
  EXPECT_THAT(answer.error().what(), HasSubstr("1000"));
}

TEST(Http, GivesUpAtTheDeadlineOfTheCallOrItsOwn) {
  const HttpServer server(answers("", Way::silent));
  const auto of_call = exchange({.url = server.url()}, Until(std::chrono::steady_clock::now() + 20ms));
  ASSERT_FALSE(of_call);
  EXPECT_EQ(of_call.error().cause(), Cause::timeout);
  EXPECT_EQ(exchange({.url = server.url(), .answer_within = 20ms}).error().cause(), Cause::timeout);
  EXPECT_EQ(exchange({.url = server.url()}, Until(std::chrono::steady_clock::now() - 1ms)).error().cause(),
            Cause::timeout);
  EXPECT_LE(server.requests().size(), 2U) << "what is too late from the start is not sent";
}

TEST(Http, StopsWhenAskedToWhileItWaits) {
  const HttpServer server(answers("", Way::silent));
  std::stop_source stop;
  auto waiting = std::async(std::launch::async, [&] {
    return exchange({.url = server.url(), .answer_within = 1h}, Until(Instant::max(), stop.get_token()));
  });
  server.await_request(1);
  stop.request_stop();
  EXPECT_EQ(waiting.get().error().cause(), Cause::stopped);
  EXPECT_EQ(exchange({.url = server.url()}, Until(Instant::max(), stop.get_token())).error().cause(), Cause::stopped);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Http, GoesWhereItIsSentOnlyWhenThatIsAllowed) {
  const HttpServer server([](const ServedRequest& request) {
    if (request.path == "/here") return ServedAnswer{.body = "arrived"};
    return ServedAnswer{.status = 302, .body = "", .headers = {"Location: /here"}};
  });
  const auto told = exchange({.url = server.url() + "/there"});
  ASSERT_TRUE(told);
  EXPECT_EQ(told->status, 302);
  const auto gone = exchange({.url = server.url() + "/there", .redirects = 3});
  ASSERT_TRUE(gone) << gone.error().text();
  EXPECT_EQ(gone->body, "arrived");
}

TEST(Http, IsNotSentRoundInCirclesNorToFiles) {
  const HttpServer circle(
      [](const ServedRequest&) { return ServedAnswer{.status = 302, .body = "", .headers = {"Location: /"}}; });
  EXPECT_EQ(exchange({.url = circle.url(), .redirects = 3}).error().cause(), Cause::protocol);
  const HttpServer file([](const ServedRequest&) {
    return ServedAnswer{.status = 302, .body = "", .headers = {"Location: file:///etc/passwd"}};
  });
  EXPECT_EQ(exchange({.url = file.url(), .redirects = 3}).error().cause(), Cause::protocol);
}

TEST(Http, ShowsItsLoginAsTheServerWantsIt) {
  const HttpServer basic([](const ServedRequest& request) {
    return ServedAnswer{.status = shows_basic_login(request, "lab", "s3cret") ? 200 : 401};
  });
  EXPECT_EQ(exchange({.url = basic.url(), .login = HttpLogin{"lab", "s3cret"}})->status, 200);
  EXPECT_EQ(exchange({.url = basic.url(), .login = HttpLogin{"lab", "wrong"}})->status, 401);

  for (const bool sha256 : {false, true}) {
    const DigestDoor door{.realm = "outlets", .user = "admin", .password = "s3cret", .sha256 = sha256};
    const HttpServer digest([&](const ServedRequest& request) {
      return door.opens_to(request) ? ServedAnswer{.body = request.body} : door.challenge();
    });
    const auto in = exchange({.method = "PUT",
                              .url = digest.url() + "/state?x=1",
                              .body = "value=true",
                              .login = HttpLogin{"admin", "s3cret", HttpLogin::Scheme::digest}});
    ASSERT_TRUE(in) << in.error().text();
    EXPECT_EQ(in->status, 200);
    EXPECT_EQ(in->body, "value=true");
    EXPECT_THAT(digest.asked(), ElementsAre("PUT /state?x=1", "PUT /state?x=1"));
    EXPECT_EQ(exchange({.url = digest.url(), .login = HttpLogin{"admin", "wrong", HttpLogin::Scheme::digest}})->status,
              401);
  }
}

TEST(Http, DoesNotActTwiceWhenTheServerHangsUpAfterTheLogin) {
  const DigestDoor door{.realm = "outlets", .user = "admin", .password = "s3cret"};
  int acted = 0;
  {
    const HttpServer server([&](const ServedRequest& request) {
      if (!door.opens_to(request)) return door.challenge();
      ++acted;
      return ServedAnswer{.way = Way::dropped};
    });
    const auto lost = exchange({.method = "PUT",
                                .url = server.url(),
                                .body = "value=true",
                                .login = HttpLogin{"admin", "s3cret", HttpLogin::Scheme::digest}});
    EXPECT_EQ(lost.error().cause(), Cause::lost);
  }
  EXPECT_EQ(acted, 1);
}

TEST(Http, TrustsACertificateOnlyWhenToldTo) {
  const TlsIdentity identity;
  const TemporaryFolder folder;
  const HttpServer server(answers("private"), &identity);
  const auto refused = exchange({.url = server.url()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("certificate"));
  const auto trusted = exchange({.url = server.url(), .trust = folder.write("outlet.pem", identity.pem())});
  ASSERT_TRUE(trusted) << trusted.error().text();
  EXPECT_EQ(trusted->body, "private");
  EXPECT_EQ(exchange({.url = server.url(), .trust = folder.path() / "none.pem"}).error().cause(), Cause::refused);
}

TEST(Http, SaysWhenThereIsNoTlsBehindHttps) {
  const HttpServer server(answers("plain"));
  const auto refused = exchange({.url = fmt::format("https://127.0.0.1:{}/", server.port())});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::refused) << refused.error().text();
  EXPECT_THAT(refused.error().hint(), HasSubstr("https"));
}

TEST(Http, ShowsNoLoginThatIsSentBack) {
  EXPECT_EQ(basic_login("Aladdin", "open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==") << "RFC 7617, section 2";
  EXPECT_EQ(basic_login("a", "bc"), "YTpiYw==");
  EXPECT_EQ(basic_login("a", "b"), "YTpi");
}

TEST(Http, AsksNoProxy) {
  const HttpServer proxy(answers("from the proxy"));
  const HttpServer server(answers("from the device"));
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  const auto answer = exchange({.url = server.url()});
  ::unsetenv("http_proxy");
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->body, "from the device");
  EXPECT_TRUE(proxy.requests().empty());
}

struct BadRequest {
  const char* name;
  HttpRequest request;
};

class HttpRefuses : public testing::TestWithParam<BadRequest> {};

TEST_P(HttpRefuses, BeforeAnythingIsSent) {
  const auto refused = exchange(GetParam().request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::mistake) << refused.error().text();
  EXPECT_THAT(refused.error().text(), Not(HasSubstr("hunter2")));
}

INSTANTIATE_TEST_SUITE_P(
    Http, HttpRefuses,
    testing::Values(BadRequest{"nothing", {.url = ""}}, BadRequest{"file", {.url = "file:///etc/passwd"}},
                    BadRequest{"ftp", {.url = "ftp://127.0.0.1/x"}},
                    BadRequest{"password", {.url = "http://lab:hunter2@127.0.0.1/"}},
                    BadRequest{"blank", {.url = "http://127.0.0.1/a b?password=hunter2"}},
                    BadRequest{"header", {.url = "http://127.0.0.1/", .headers = {"X: 1\r\nY: hunter2"}}}),
    [](const auto& bad) { return std::string(bad.param.name); });

TEST(Http, ShowsNoSecretInAnyFault) {
  const std::vector<std::string> secrets{"hunter2", "a b&c"};
  const HttpServer silent(answers("", Way::silent));
  const HttpServer cut(answers("hunter2 a b&c", Way::cut));
  for (const std::string& start : {silent.url(), cut.url(), fmt::format("http://127.0.0.1:{}", closed_port()),
                                   std::string("http://hunter2.invalid"), std::string("gopher://hunter2")}) {
    HttpRequest request{.url = start + "/cm/hunter2/a%20b%26c?user=admin&password=hunter2",
                        .login = HttpLogin{"lab", "hunter2"},
                        .secrets = secrets,
                        .answer_within = 20ms};
    const auto failed = exchange(request);
    ASSERT_FALSE(failed) << start;
    EXPECT_THAT(failed.error().text(), Not(HasSubstr("hunter2")));
    EXPECT_THAT(failed.error().text(), Not(HasSubstr("a%20b%26c")));
  }
}

TEST(Http, EscapesWhatAUrlCannotHold) {
  EXPECT_EQ(url_escaped("Power1 On"), "Power1%20On");
  EXPECT_EQ(url_escaped("a&b=c/d?é~"), "a%26b%3Dc%2Fd%3F%C3%A9~");
}

TEST(Http, MasksASecretInEachOfItsForms) {
  EXPECT_EQ(masked("x=a b, y=a%20b", {"a b"}), "x=***, y=***");
  EXPECT_EQ(masked("***", {"*"}), "*********");
  EXPECT_EQ(masked("as it is", {""}), "as it is");
}

}  // namespace
}  // namespace coldboot
