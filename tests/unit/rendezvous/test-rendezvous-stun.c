#include "config.h"

#include "rendezvous-net.h"

#include "udpnat-stun.h"

/* The server answers STUN: who asked is told so from the address it asked for, nobody else is sent
 * anything, and there is a limit to it. */

#define IPV4_ANSWER_BYTES (20 + 12)
#define IPV4_ANSWER_OF_TWO_BYTES (20 + 12 + 12 + 12)

typedef struct
{
  Net           *net;
  UdpnatAddress  source;
  UdpnatRxResult result;
} Scene;

static UdpnatAddress
address_of (guint8  host,
            guint16 port)
{
  return net_address (203, 0, 113, host, port);
}

/* A server with two IP addresses and two ports. */
static void
scene_init (Scene    *self,
            gboolean  has_second_ip)
{
  self->net = net_new (1);
  self->source = net_address (198, 51, 100, 200, 40000);
  if (!has_second_ip)
    return;
  self->net->addresses[UDPNAT_SOCKET_MAIN] = address_of (1, 8848);
  self->net->addresses[UDPNAT_SOCKET_ALT] = address_of (1, 8849);
  self->net->addresses[UDPNAT_SOCKET_ALT_IP] = address_of (2, 8848);
  self->net->addresses[UDPNAT_SOCKET_ALT_IP_ALT] = address_of (2, 8849);
  udpnat_rendezvous_server_free (g_steal_pointer (&self->net->server));
  net_start_server (self->net);
}

static void
scene_clear (Scene *self)
{
  net_free (self->net);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

static UdpnatStunMessage
make_request (void)
{
  UdpnatStunMessage request;

  udpnat_stun_init_request (&request, (const guint8 *) "twelve bytes");
  return request;
}

static void
inject (Scene                   *self,
        UdpnatSocketId           socket,
        const UdpnatStunMessage *message)
{
  guint8       data[256];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_stun_write (&writer, message);
  g_assert_false (writer.failed);
  self->net->n_stranger_packets = 0;
  self->result = net_inject (self->net, &self->source, socket, data, writer.n_written);
}

/* The answer to @message, which has to come. */
static UdpnatStunMessage
ask (Scene                   *self,
     UdpnatSocketId           socket,
     const UdpnatStunMessage *message)
{
  UdpnatDatagram   *last = &self->net->last_stranger;
  UdpnatStunMessage answer;

  inject (self, socket, message);
  g_assert_cmpint (self->result, ==, UDPNAT_RX_OK);
  g_assert_cmpuint (self->net->n_stranger_packets, ==, 1);
  g_assert_true (udpnat_stun_parse (&answer, last->data, last->n_data));
  g_assert_true (udpnat_stun_is_answer_to (&answer, message));
  return answer;
}

static void
assert_silent (Scene                   *self,
               UdpnatSocketId           socket,
               const UdpnatStunMessage *message,
               UdpnatRxResult           result)
{
  inject (self, socket, message);
  g_assert_cmpint (self->result, ==, result);
  g_assert_cmpuint (self->net->n_stranger_packets, ==, 0);
}

static void
assert_refuses (const UdpnatStunMessage *answer,
                guint16                  code,
                guint16                  attribute)
{
  g_assert_cmpuint (answer->type, ==, UDPNAT_STUN_ERROR);
  g_assert_cmpuint (answer->error_code, ==, code);
  g_assert_cmpuint (answer->n_unknown, ==, attribute != 0 ? 1 : 0);
  g_assert_cmphex (answer->unknown[0], ==, attribute);
  g_assert_false (udpnat_address_is_set (&answer->mapped));
}

/* ---- What is told ---- */

static void
one_address_tells_the_source_and_no_more (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request (), answer;

  scene_init (&scene, FALSE);
  for (guint socket = UDPNAT_SOCKET_MAIN; socket <= UDPNAT_SOCKET_ALT; socket++)
    {
      answer = ask (&scene, socket, &request);
      g_assert_cmpuint (answer.type, ==, UDPNAT_STUN_SUCCESS);
      g_assert_true (udpnat_address_equal (&answer.mapped, &scene.source));
      g_assert_false (udpnat_address_is_set (&answer.origin));
      g_assert_false (udpnat_address_is_set (&answer.other));
      g_assert_false (answer.has_fingerprint);
      g_assert_cmpuint (scene.net->last_stranger.n_data, ==, IPV4_ANSWER_BYTES);
      g_assert_cmpuint (scene.net->last_stranger.socket, ==, socket);
      g_assert_true (udpnat_address_equal (&scene.net->last_stranger.remote, &scene.source));
    }
}

static void
ipv6_source_is_told (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request (), answer;

  scene_init (&scene, FALSE);
  g_assert_true (udpnat_address_parse_ip (&scene.source, "2001:db8::7", 40000));
  answer = ask (&scene, UDPNAT_SOCKET_MAIN, &request);
  g_assert_true (udpnat_address_equal (&answer.mapped, &scene.source));
}

/* Table 1 of RFC 5780: for each socket that is asked and each CHANGE-REQUEST, where the answer
 * comes from, and what is the other address. */
static void
two_addresses_answer_from_where_they_were_asked_to (void)
{
  g_auto (Scene) scene = { NULL };

  scene_init (&scene, TRUE);
  for (guint socket = 0; socket < UDPNAT_N_NAMED_SOCKETS; socket++)
    for (guint change = 0; change < 4; change++)
      {
        UdpnatStunMessage    request = make_request (), answer;
        const UdpnatAddress *asked = &scene.net->addresses[socket];
        UdpnatAddress        from = *asked;

        request.has_change = TRUE;
        request.change = (guint8) (change << 1);
        if ((request.change & UDPNAT_STUN_CHANGE_IP) != 0)
          from.ip[3] = asked->ip[3] == 1 ? 2 : 1;
        if ((request.change & UDPNAT_STUN_CHANGE_PORT) != 0)
          from.port = asked->port == 8848 ? 8849 : 8848;
        net_run (scene.net, UDPNAT_SEC (1));
        answer = ask (&scene, socket, &request);
        g_assert_true (udpnat_address_equal (&answer.origin, &from));
        g_assert_true (udpnat_address_equal (
            &scene.net->addresses[scene.net->last_stranger.socket], &from));
        g_assert_cmpuint (answer.other.ip[3], ==, asked->ip[3] == 1 ? 2 : 1);
        g_assert_cmpuint (answer.other.port, ==, asked->port == 8848 ? 8849 : 8848);
        g_assert_cmpuint (scene.net->last_stranger.n_data, ==, IPV4_ANSWER_OF_TWO_BYTES);
      }
}

static void
second_port_alone_answers_from_there (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request (), answer;

  scene_init (&scene, FALSE);
  request.has_change = TRUE;
  request.change = UDPNAT_STUN_CHANGE_PORT;
  answer = ask (&scene, UDPNAT_SOCKET_MAIN, &request);
  g_assert_cmpuint (answer.type, ==, UDPNAT_STUN_SUCCESS);
  g_assert_cmpuint (scene.net->last_stranger.socket, ==, UDPNAT_SOCKET_ALT);
}

static void
what_is_missing_is_refused (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request (), answer;

  scene_init (&scene, FALSE);
  request.has_change = TRUE;
  request.change = UDPNAT_STUN_CHANGE_IP;
  answer = ask (&scene, UDPNAT_SOCKET_ALT, &request);
  assert_refuses (&answer, 420, 0x0003);
  g_assert_cmpuint (scene.net->last_stranger.socket, ==, UDPNAT_SOCKET_ALT);

  udpnat_rendezvous_server_free (g_steal_pointer (&scene.net->server));
  scene.net->alt_port = 0;
  net_start_server (scene.net);
  request.change = UDPNAT_STUN_CHANGE_PORT;
  answer = ask (&scene, UDPNAT_SOCKET_MAIN, &request);
  assert_refuses (&answer, 420, 0x0003);
  request.change = 0; /* what clients of RFC 3489 send in their first test */
  answer = ask (&scene, UDPNAT_SOCKET_MAIN, &request);
  g_assert_cmpuint (answer.type, ==, UDPNAT_STUN_SUCCESS);
}

static void
legacy_is_answered_in_kind (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request (), answer;

  scene_init (&scene, TRUE);
  request.id[0] ^= 1;
  answer = ask (&scene, UDPNAT_SOCKET_MAIN, &request);
  g_assert_cmpmem (scene.net->last_stranger.data + 20, 4, "\0\1\0\10", 4); /* MAPPED-ADDRESS */
  g_assert_true (udpnat_address_equal (&answer.mapped, &scene.source));
  g_assert_true (udpnat_address_equal (&answer.other,
                                       &scene.net->addresses[UDPNAT_SOCKET_ALT_IP_ALT]));
}

static void
fingerprint_answered_by_one (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request (), answer;

  scene_init (&scene, FALSE);
  request.has_fingerprint = TRUE;
  answer = ask (&scene, UDPNAT_SOCKET_MAIN, &request);
  g_assert_true (answer.has_fingerprint);
}

/* ---- What is refused ---- */

static void
unknown_attributes_refused (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request (), answer;

  scene_init (&scene, FALSE);
  request.has_padding = TRUE;
  answer = ask (&scene, UDPNAT_SOCKET_MAIN, &request);
  assert_refuses (&answer, 420, 0x0026);
}

static void
many_unknown_attributes_make_no_longer_answer (void)
{
  g_auto (Scene)    scene = { NULL };
  guint8            data[20 + 8 * 4] = { 0, 1, 0, 32, 0x21, 0x12, 0xa4, 0x42 };
  UdpnatStunMessage answer;

  scene_init (&scene, FALSE);
  for (guint i = 0; i < 8; i++)
    data[20 + 4 * i] = 0x7f;
  g_assert_cmpint (net_inject (scene.net, &scene.source, 0, data, sizeof data), ==, UDPNAT_RX_OK);
  g_assert_cmpuint (scene.net->last_stranger.n_data, <, sizeof data);
  g_assert_true (udpnat_stun_parse (&answer, scene.net->last_stranger.data,
                                    scene.net->last_stranger.n_data));
  g_assert_cmpuint (answer.error_code, ==, 420);
  g_assert_cmpuint (answer.n_unknown, ==, 8);
}

static void
keep_first (gpointer              user_data,
            const UdpnatDatagram *datagram)
{
  UdpnatDatagram *first = user_data;

  if (first->n_data == 0)
    *first = *datagram;
}

static void
response_port_only_of_the_source (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request (), answer;

  scene_init (&scene, FALSE);
  request.response_port = 1024;
  answer = ask (&scene, UDPNAT_SOCKET_MAIN, &request);
  g_assert_true (udpnat_address_equal (&answer.mapped, &scene.source));
  g_assert_true (udpnat_address_equal_ip (&scene.net->last_stranger.remote, &scene.source));
  g_assert_cmpuint (scene.net->last_stranger.remote.port, ==, 1024);
  request.response_port = 1023;
  answer = ask (&scene, UDPNAT_SOCKET_MAIN, &request);
  assert_refuses (&answer, 400, 0);
  g_assert_true (udpnat_address_equal (&scene.net->last_stranger.remote, &scene.source));
}

/* By a socket for this one answer, which is closed behind it. */
static void
fresh_port_is_nobody_elses (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request ();
  UdpnatStunMessage answer;
  UdpnatDatagram    first;

  scene_init (&scene, FALSE);
  request.has_fresh_port = TRUE;
  request.response_port = 40001;
  scene.net->take_stranger = keep_first;
  scene.net->stranger_data = &first;
  first.n_data = 0;
  inject (&scene, UDPNAT_SOCKET_MAIN, &request);
  g_assert_cmpuint (scene.net->n_stranger_packets, ==, 2);
  g_assert_true (udpnat_stun_parse (&answer, first.data, first.n_data));
  g_assert_true (udpnat_stun_is_answer_to (&answer, &request));
  g_assert_true (answer.has_fresh_port);
  g_assert_cmpuint (first.socket, >=, UDPNAT_SOCKET_FURTHER);
  g_assert_cmpuint (first.remote.port, ==, 40001);
  g_assert_true (udpnat_address_equal_ip (&first.remote, &scene.source));
  g_assert_cmpuint (scene.net->last_stranger.n_data, ==, 0);
  g_assert_cmpuint (scene.net->last_stranger.socket, ==, first.socket);
}

/* What is refused is refused by the port that was asked. */
static void
fresh_port_is_for_answers_only (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request ();
  UdpnatStunMessage answer;

  scene_init (&scene, FALSE);
  request.has_fresh_port = TRUE;
  request.response_port = 1023;
  answer = ask (&scene, UDPNAT_SOCKET_MAIN, &request);
  assert_refuses (&answer, 400, 0);
  g_assert_false (answer.has_fresh_port);
  g_assert_cmpuint (scene.net->last_stranger.socket, ==, UDPNAT_SOCKET_MAIN);
}

static void
only_requests_are_answered (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage message = make_request ();

  scene_init (&scene, FALSE);
  message.type = UDPNAT_STUN_INDICATION;
  assert_silent (&scene, UDPNAT_SOCKET_MAIN, &message, UDPNAT_RX_IGNORED);
  message.type = UDPNAT_STUN_SUCCESS;
  assert_silent (&scene, UDPNAT_SOCKET_MAIN, &message, UDPNAT_RX_IGNORED);
  message.type = UDPNAT_STUN_ERROR;
  message.error_code = 420;
  assert_silent (&scene, UDPNAT_SOCKET_MAIN, &message, UDPNAT_RX_IGNORED);
}

static void
bad_sources_are_not_answered (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request ();

  scene_init (&scene, TRUE);
  scene.source.port = 1023;
  assert_silent (&scene, UDPNAT_SOCKET_MAIN, &request, UDPNAT_RX_IGNORED);
  scene.source = net_address (224, 0, 0, 1, 40000);
  assert_silent (&scene, UDPNAT_SOCKET_MAIN, &request, UDPNAT_RX_IGNORED);
  scene.source = scene.net->addresses[UDPNAT_SOCKET_ALT_IP_ALT];
  assert_silent (&scene, UDPNAT_SOCKET_MAIN, &request, UDPNAT_RX_IGNORED);
  scene.source.port = 1024;
  ask (&scene, UDPNAT_SOCKET_MAIN, &request);
}

static void
malformed_is_not_answered (void)
{
  g_auto (Scene) scene = { NULL };
  guint8         data[24] = { 0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42, [20] = 0, 3, 0, 4 };

  scene_init (&scene, FALSE);
  g_assert_cmpint (net_inject (scene.net, &scene.source, 0, data, sizeof data), ==,
                   UDPNAT_RX_MALFORMED);
  g_assert_cmpuint (scene.net->n_stranger_packets, ==, 0);
}

/* ---- Limits ---- */

static void
one_source_gets_so_many (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request ();

  scene_init (&scene, FALSE);
  for (guint i = 0; i < UDPNAT_STUN_BURST_PER_SOURCE; i++)
    {
      scene.source.port++; /* that makes it no other */
      ask (&scene, UDPNAT_SOCKET_MAIN, &request);
    }
  assert_silent (&scene, UDPNAT_SOCKET_ALT, &request, UDPNAT_RX_REFUSED);
  net_run (scene.net, G_USEC_PER_SEC / UDPNAT_STUN_PER_SECOND_PER_SOURCE);
  ask (&scene, UDPNAT_SOCKET_ALT, &request);
  assert_silent (&scene, UDPNAT_SOCKET_MAIN, &request, UDPNAT_RX_REFUSED);
}

/* Whoever floods from one address, or from some, takes nothing from the others. */
static void
one_flooder_locks_out_nobody (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request ();

  scene_init (&scene, TRUE);
  for (guint i = 0; i < 2 * UDPNAT_STUN_BURST; i++)
    {
      scene.source = net_address (10, 1, 0, (guint8) (i % 200), 40000);
      inject (&scene, UDPNAT_SOCKET_MAIN, &request);
    }
  assert_silent (&scene, UDPNAT_SOCKET_MAIN, &request, UDPNAT_RX_REFUSED);
  scene.source = net_address (10, 2, 0, 1, 40000);
  ask (&scene, UDPNAT_SOCKET_MAIN, &request);
}

static void
all_together_get_so_many (void)
{
  g_auto (Scene)    scene = { NULL };
  UdpnatStunMessage request = make_request ();

  scene_init (&scene, TRUE);
  for (guint i = 0; i < UDPNAT_STUN_BURST; i++)
    {
      scene.source = net_address (10, (guint8) (100 + (i >> 16)), (guint8) (i >> 8), (guint8) i,
                                  40000);
      ask (&scene, UDPNAT_SOCKET_MAIN, &request);
    }
  scene.source = net_address (10, 2, 0, 1, 40000);
  assert_silent (&scene, UDPNAT_SOCKET_MAIN, &request, UDPNAT_RX_REFUSED);
  net_run (scene.net, UDPNAT_SEC (1));
  for (guint i = 0; i < UDPNAT_STUN_PER_SECOND; i++)
    {
      scene.source = net_address (10, 3, (guint8) (i >> 8), (guint8) i, 40000);
      ask (&scene, UDPNAT_SOCKET_MAIN, &request);
    }
  scene.source = net_address (10, 2, 0, 1, 40000);
  assert_silent (&scene, UDPNAT_SOCKET_MAIN, &request, UDPNAT_RX_REFUSED);
}

static void
counted (void)
{
  g_auto (Scene)              scene = { NULL };
  UdpnatStunMessage           request = make_request ();
  UdpnatRendezvousServerStats stats;

  scene_init (&scene, FALSE);
  for (guint i = 0; i < UDPNAT_STUN_BURST_PER_SOURCE + 3; i++)
    inject (&scene, UDPNAT_SOCKET_MAIN, &request);
  request.type = UDPNAT_STUN_SUCCESS;
  inject (&scene, UDPNAT_SOCKET_MAIN, &request);
  udpnat_rendezvous_server_get_stats (scene.net->server, &stats);
  g_assert_cmpuint (stats.stun_requests, ==, UDPNAT_STUN_BURST_PER_SOURCE + 3);
  g_assert_cmpuint (stats.stun_responses, ==, UDPNAT_STUN_BURST_PER_SOURCE);
  g_assert_cmpuint (stats.refused, ==, 3);
  g_assert_cmpuint (stats.ignored, ==, 1);
}

/* Our own question works at all four, too. */
static void
info_answered_everywhere (void)
{
  g_auto (Scene) scene = { NULL };
  guint8         data[UDPNAT_INFO_BYTES];
  UdpnatWriter   writer;

  scene_init (&scene, TRUE);
  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_info_write (&writer, 42);
  for (guint socket = 0; socket < UDPNAT_N_NAMED_SOCKETS; socket++)
    {
      g_assert_cmpint (net_inject (scene.net, &scene.source, socket, data, sizeof data), ==,
                       UDPNAT_RX_OK);
      g_assert_cmpuint (scene.net->last_stranger.socket, ==, socket);
      g_assert_cmpuint (scene.net->last_stranger.n_data, ==, UDPNAT_INFO_REPLY_BYTES);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-stun/answer/one-address-tells-the-source-and-no-more",
                   one_address_tells_the_source_and_no_more);
  g_test_add_func ("/rendezvous-stun/answer/ipv6", ipv6_source_is_told);
  g_test_add_func ("/rendezvous-stun/answer/two-addresses-as-in-table-1",
                   two_addresses_answer_from_where_they_were_asked_to);
  g_test_add_func ("/rendezvous-stun/answer/second-port-alone",
                   second_port_alone_answers_from_there);
  g_test_add_func ("/rendezvous-stun/answer/legacy-in-kind", legacy_is_answered_in_kind);
  g_test_add_func ("/rendezvous-stun/answer/fingerprint", fingerprint_answered_by_one);
  g_test_add_func ("/rendezvous-stun/answer/info-everywhere", info_answered_everywhere);
  g_test_add_func ("/rendezvous-stun/refuse/what-is-missing", what_is_missing_is_refused);
  g_test_add_func ("/rendezvous-stun/refuse/padding", unknown_attributes_refused);
  g_test_add_func ("/rendezvous-stun/refuse/many-unknown-make-no-longer-answer",
                   many_unknown_attributes_make_no_longer_answer);
  g_test_add_func ("/rendezvous-stun/refuse/response-port-below-1024",
                   response_port_only_of_the_source);
  g_test_add_func ("/rendezvous-stun/fresh-port/nobody-elses", fresh_port_is_nobody_elses);
  g_test_add_func ("/rendezvous-stun/fresh-port/for-answers-only", fresh_port_is_for_answers_only);
  g_test_add_func ("/rendezvous-stun/ignore/all-but-requests", only_requests_are_answered);
  g_test_add_func ("/rendezvous-stun/ignore/bad-sources", bad_sources_are_not_answered);
  g_test_add_func ("/rendezvous-stun/ignore/malformed", malformed_is_not_answered);
  g_test_add_func ("/rendezvous-stun/limit/one-source", one_source_gets_so_many);
  g_test_add_func ("/rendezvous-stun/limit/nobody-locked-out", one_flooder_locks_out_nobody);
  g_test_add_func ("/rendezvous-stun/limit/all-together", all_together_get_so_many);
  g_test_add_func ("/rendezvous-stun/limit/counted", counted);
  return g_test_run ();
}
