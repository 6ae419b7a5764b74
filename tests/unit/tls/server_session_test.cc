// The side that clients see (CP-TLS-GATEWAY).
#include "tests/unit/tls/session_fixture.h"

namespace sallyport::tls {
namespace {

class ServerSession : public SessionFixture {
 protected:
  void SetUp() override {
    std::string error;
    context_ = make(leaf_, {}, error);
    ASSERT_NE(context_, nullptr) << error;
  }
  std::unique_ptr<ServerContext> make(const Leaf& leaf, std::span<const uint8_t> ticket_key,
                                      std::string& error) {
    return ServerContext::create(pem_of(leaf.certificate.get()) + pem_of(authority_.root.get()),
                                 pem_of(leaf.key.get()), ticket_key, error);
  }
  void begin() { ASSERT_TRUE(session_.init_server(*context_, ciphertext_)); }

  Leaf leaf_{authority_, Wanted{}};
  std::unique_ptr<ServerContext> context_;
  Session session_;
};

TEST_F(ServerSession, BothVersionsCarryBytesBothWays) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    begin();
    OpensslPeer client(false);
    client.versions(version, version);
    SSL_set_tlsext_host_name(client.ssl(), "gateway.test");
    shake(session_, client);
    ASSERT_EQ(session_.state(), State::Open);
    EXPECT_EQ(session_.version(), version);
    EXPECT_EQ(session_.server_name(), "gateway.test");
    client.write("hello");
    ours(session_, client.take());
    EXPECT_EQ(take_plain(), "hello");
    client.give(seal(session_, "world"));
    EXPECT_EQ(client.read(), "world");
    // More than one record.
    const std::string large(50'000, 'x');
    client.give(seal(session_, large));
    EXPECT_EQ(client.read(), large);
    client.write(large);
    ours(session_, client.take());
    EXPECT_EQ(take_plain(), large);
  }
}

TEST_F(ServerSession, AFlightCutAtAnyByteIsTheSameHandshake) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    size_t hello_bytes = 0;
    {
      OpensslPeer probe(false);
      probe.versions(version, version);
      probe.handshake();
      hello_bytes = probe.take().size();
    }
    for (size_t cut = 1; cut < hello_bytes; ++cut) {
      begin();
      OpensslPeer client(false);
      client.versions(version, version);
      shake(session_, client, cut);
      ASSERT_EQ(session_.state(), State::Open) << cut;
    }
  }
}

TEST_F(ServerSession, AClientHelloByteByByteIsTheSameHandshake) {
  begin();
  OpensslPeer client(false);
  client.handshake();
  const std::string hello = client.take();
  std::string answer;
  for (const char c : hello) answer += ours(session_, std::string_view(&c, 1));
  client.give(answer);
  EXPECT_TRUE(client.handshake());
  ours(session_, client.take());
  EXPECT_EQ(session_.state(), State::Open);
}

TEST_F(ServerSession, OldVersionsAndWeakSuitesAreRefused) {
  {
    begin();
    OpensslPeer client(false);
    SSL_CTX_set_security_level(client.context(), 0);
    client.versions(TLS1_VERSION, TLS1_1_VERSION);
    shake(session_, client);
    EXPECT_EQ(session_.state(), State::Failed);
    EXPECT_EQ(session_.failure(), Failure::Protocol);
  }
  for (const char* suites :
       {"AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA",
        "DHE-RSA-AES128-GCM-SHA256", "NULL-SHA256"}) {
    begin();
    OpensslPeer client(false);
    SSL_CTX_set_security_level(client.context(), 0);
    client.versions(TLS1_2_VERSION, TLS1_2_VERSION);
    ASSERT_EQ(SSL_CTX_set_cipher_list(client.context(), suites), 1) << suites;
    shake(session_, client);
    EXPECT_EQ(session_.state(), State::Failed) << suites;
  }
}

TEST_F(ServerSession, OnlyHttp11IsSpoken) {
  const auto shake_with = [this](std::string_view protocols) {
    begin();
    OpensslPeer client(false);
    SSL_CTX_set_alpn_protos(client.context(),
                            reinterpret_cast<const unsigned char*>(protocols.data()),
                            static_cast<unsigned>(protocols.size()));
    shake(session_, client);
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.ssl(), &chosen, &size);
    return std::string(reinterpret_cast<const char*>(chosen), size);
  };
  EXPECT_EQ(shake_with("\x02h2\x08http/1.1"), "http/1.1");
  EXPECT_EQ(session_.state(), State::Open);
  shake_with("\x02h2");
  EXPECT_EQ(session_.state(), State::Failed);
  shake_with("\x08http/1.0");
  EXPECT_EQ(session_.state(), State::Failed);
}

TEST_F(ServerSession, BytesThatAreNoTlsFailWithAnAlert) {
  for (const std::string_view bytes :
       {std::string_view("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        std::string_view("\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff", 10),
        std::string_view("\x17\x03\x03\x00\x05hello", 10)}) {
    begin();
    ours(session_, bytes);
    EXPECT_EQ(session_.state(), State::Failed);
    EXPECT_EQ(session_.failure(), Failure::Protocol);
    EXPECT_EQ(ours(session_, "more"), "");  // I2: it stays failed
    in_.clear();
  }
}

TEST_F(ServerSession, ARecordThatWasChangedIsRefused) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    begin();
    OpensslPeer client(false);
    client.versions(version, version);
    shake(session_, client);
    client.write("secret");
    std::string record = client.take();
    record.back() ^= 1;
    ours(session_, record);
    EXPECT_EQ(session_.state(), State::Failed);
    EXPECT_EQ(take_plain(), "");
  }
}

TEST_F(ServerSession, CloseNotifyIsSeenAndSaid) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    begin();
    OpensslPeer client(false);
    client.versions(version, version);
    shake(session_, client);
    client.write("last");
    SSL_shutdown(client.ssl());
    ours(session_, client.take());
    EXPECT_EQ(take_plain(), "last");
    EXPECT_EQ(session_.state(), State::PeerClosed);
    EXPECT_TRUE(session_.saw_close_notify());
    // The other direction is still open.
    client.give(seal(session_, "answer"));
    EXPECT_EQ(client.read(), "answer");
    client.give(close(session_));
    client.read();
    EXPECT_TRUE(client.got_close_notify());
    EXPECT_EQ(close(session_), "");  // said once
    mem::ByteChain out;
    const uint8_t byte = 1;
    EXPECT_FALSE(session_.seal({&byte, 1}, out));
  }
}

TEST_F(ServerSession, AStreamThatEndsWithoutCloseNotifyIsNotClosed) {
  begin();
  OpensslPeer client(false);
  shake(session_, client);
  client.write("a record that is cut");
  const std::string record = client.take();
  ours(session_, std::string_view(record).substr(0, record.size() - 1));
  EXPECT_EQ(session_.state(), State::Open);
  EXPECT_FALSE(session_.saw_close_notify());
  EXPECT_EQ(take_plain(), "");  // no byte of a record that is not whole
}

TEST_F(ServerSession, AnAlertOfThePeerIsKnownAsOne) {
  begin();
  OpensslPeer client(false);
  client.versions(TLS1_2_VERSION, TLS1_2_VERSION);
  SSL_CTX_set_verify(client.context(), SSL_VERIFY_PEER, nullptr);  // it knows no root
  shake(session_, client);
  EXPECT_EQ(session_.state(), State::Failed);
  EXPECT_EQ(session_.failure(), Failure::PeerAlert);
}

TEST_F(ServerSession, NothingIsSealedBeforeItIsOpen) {
  mem::ByteChain out;
  const uint8_t byte = 1;
  EXPECT_FALSE(session_.seal({&byte, 1}, out));  // idle
  begin();
  EXPECT_FALSE(session_.seal({&byte, 1}, out));
  EXPECT_TRUE(out.empty());
}

TEST_F(ServerSession, AFullPlaintextPoolLosesNothing) {
  begin();
  OpensslPeer client(false);
  shake(session_, client);
  mem::SegmentPool tiny(2, 16, mem::SegmentPool::Wipe::OnRelease);
  const std::string sent(100, 'y');
  client.write(sent);
  const std::string record = client.take();
  ASSERT_TRUE(in_.append_copy({reinterpret_cast<const uint8_t*>(record.data()), record.size()},
                              ciphertext_));
  std::string got;
  for (int i = 0; i < 20; ++i) {
    mem::ByteChain plain;
    mem::ByteChain out;
    session_.open(in_, plain, 1'000, tiny, out);
    got += text(plain);
    if (got.size() == sent.size()) break;
    EXPECT_TRUE(session_.has_pending());
  }
  EXPECT_EQ(got, sent);
}

TEST_F(ServerSession, ACiphertextPoolThatIsFullRefusesASealWhole) {
  mem::SegmentPool tiny(4, 1'024, mem::SegmentPool::Wipe::No);
  ASSERT_TRUE(session_.init_server(*context_, ciphertext_));
  OpensslPeer client(false);
  shake(session_, client);
  const std::string large(256 * 4'096, 'z');
  mem::ByteChain out;
  EXPECT_FALSE(session_.seal({reinterpret_cast<const uint8_t*>(large.data()), large.size()}, out));
  EXPECT_TRUE(out.empty());
  client.give(seal(session_, "still works"));
  EXPECT_EQ(client.read(), "still works");
}

TEST_F(ServerSession, AReloadedCertificateIsForNewSessions) {
  std::string error;
  Wanted wanted;
  wanted.valid_for_s = 50'000;
  const Leaf second_leaf(authority_, wanted, true);
  const std::unique_ptr<ServerContext> second = make(second_leaf, {}, error);
  ASSERT_NE(second, nullptr) << error;
  EXPECT_LT(second->expires_at(), context_->expires_at());
  begin();
  EXPECT_EQ(context_->session_count(), 1U);
  OpensslPeer old_client(false);
  shake(session_, old_client);
  {
    Session fresh;
    ASSERT_TRUE(fresh.init_server(*second, ciphertext_));
    EXPECT_EQ(second->session_count(), 1U);
    OpensslPeer client(false);
    shake(fresh, client);
    ASSERT_EQ(fresh.state(), State::Open);
    X509* shown = SSL_get0_peer_certificate(client.ssl());
    EXPECT_EQ(X509_cmp(shown, second_leaf.certificate.get()), 0);
  }
  EXPECT_EQ(second->session_count(), 0U);
  // The session that began before goes on.
  old_client.write("still here");
  ours(session_, old_client.take());
  EXPECT_EQ(take_plain(), "still here");
  session_.reset();
  EXPECT_EQ(context_->session_count(), 0U);
}

TEST_F(ServerSession, ATicketIsGoodAtAnotherContextWithTheSameKey) {
  std::string error;
  const std::vector<uint8_t> key(kTicketKeyBytes, 7);
  const std::vector<uint8_t> other_key(kTicketKeyBytes, 8);
  const auto first = make(leaf_, key, error);
  const auto same = make(leaf_, key, error);
  const auto other = make(leaf_, other_key, error);
  ASSERT_TRUE(first != nullptr && same != nullptr && other != nullptr) << error;
  SSL_SESSION* ticket = nullptr;
  {
    ASSERT_TRUE(session_.init_server(*first, ciphertext_));
    OpensslPeer client(false);
    client.versions(TLS1_2_VERSION, TLS1_2_VERSION);
    shake(session_, client);
    ticket = SSL_get1_session(client.ssl());
    // OpenSSL forgets the session of a connection that just vanishes.
    SSL_set_shutdown(client.ssl(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    session_.reset();
  }
  const auto resumes_at = [&](const ServerContext& context) {
    Session session;
    EXPECT_TRUE(session.init_server(context, ciphertext_));
    OpensslPeer client(false);
    client.versions(TLS1_2_VERSION, TLS1_2_VERSION);
    SSL_set_session(client.ssl(), ticket);
    shake(session, client);
    EXPECT_EQ(session.state(), State::Open);
    SSL_set_shutdown(client.ssl(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    return SSL_session_reused(client.ssl()) == 1;
  };
  EXPECT_TRUE(resumes_at(*same));
  EXPECT_FALSE(resumes_at(*other));  // a full handshake instead
  SSL_SESSION_free(ticket);
}

TEST_F(ServerSession, BadMaterialIsRefusedWithoutShowingIt) {
  const std::string certificate = pem_of(leaf_.certificate.get());
  const std::string key = pem_of(leaf_.key.get());
  const std::string other_key = pem_of(make_key().get());
  std::string error;
  EXPECT_EQ(ServerContext::create("", key, {}, error), nullptr);
  EXPECT_EQ(ServerContext::create("no pem", key, {}, error), nullptr);
  EXPECT_NE(error.find("certificate"), std::string::npos);
  EXPECT_EQ(ServerContext::create(certificate, "", {}, error), nullptr);
  EXPECT_EQ(ServerContext::create(certificate, certificate, {}, error), nullptr);
  EXPECT_EQ(ServerContext::create(certificate, other_key, {}, error), nullptr);
  EXPECT_NE(error.find("key"), std::string::npos);
  EXPECT_EQ(error.find(other_key.substr(30, 20)), std::string::npos);
  const std::vector<uint8_t> short_key(79);
  EXPECT_EQ(ServerContext::create(certificate, key, short_key, error), nullptr);
}

}  // namespace
}  // namespace sallyport::tls
