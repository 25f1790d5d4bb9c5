/* Beacons: the parser on anything; and the machine on what anybody on a network could send, signed
 * or not, from wherever. What it tells must be true to its own rules, and it must come to rest. */

#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "udpnat-beacon.h"
#include "udpnat-lan.h"
#include "udpnat-name.h"
#include "udpnat-signature.h"

#define N_KEYS 8
#define WALL_US (G_GINT64_CONSTANT (1790000000) * G_USEC_PER_SEC)

typedef struct
{
  guint64         random_state;
  UdpnatRandom    random;
  UdpnatIdentity *keys[N_KEYS]; /* the first is our own */
  UdpnatLan      *lan;
  gint64          now_us;
  guint           n_rounds;
} World;

static void
check_parser (const guint8 *data,
              gsize         n_data)
{
  UdpnatBeacon beacon;

  if (!udpnat_beacon_parse (&beacon, data, n_data))
    return;
  g_assert_true (beacon.key == data + 16);
  g_assert_true ((const guint8 *) beacon.name + beacon.n_name <= beacon.signature);
  g_assert_true (beacon.signature + UDPNAT_BEACON_SIGNATURE_BYTES == data + n_data);
  g_assert_cmpuint (beacon.n_signed, ==, n_data - UDPNAT_BEACON_SIGNATURE_BYTES);
  g_assert_cmpuint (beacon.n_name, >, 0);
}

static void
check_event (const UdpnatLanEvent *event)
{
  g_autofree char *normal = NULL;

  if (event->base.type != UDPNAT_LAN_EVENT_PEER)
    return;
  normal = udpnat_name_normalize (event->name);
  g_assert_cmpstr (normal, ==, event->name);
  g_assert_cmpuint (event->n_addresses, <=, UDPNAT_LAN_ADDRESSES_MAX);
  for (guint i = 0; i < event->n_addresses; i++)
    {
      const UdpnatAddress *address = &event->addresses[i];

      g_assert_cmpuint (address->port, >=, UDPNAT_CANDIDATE_PORT_MIN);
      g_assert_cmpint (udpnat_address_get_scope (address), !=, UDPNAT_SCOPE_UNUSABLE);
      g_assert_cmpint (udpnat_address_get_scope (address), !=, UDPNAT_SCOPE_LOOPBACK);
      if (address->family == UDPNAT_FAMILY_IPV6)
        g_assert_cmpuint (address->scope_id, !=, 0);
    }
}

static void
turn (World *world)
{
  UdpnatMachine *machine = udpnat_lan_get_machine (world->lan);
  UdpnatDatagram datagram;
  UdpnatEvent *event;

  if (udpnat_machine_next_deadline (machine) <= world->now_us)
    udpnat_machine_handle_deadline (machine, world->now_us);
  g_assert_cmpint (udpnat_machine_next_deadline (machine), >, world->now_us);
  while ((event = udpnat_machine_pop_event (machine)) != NULL)
    {
      world->n_rounds += event->type == UDPNAT_LAN_EVENT_ROUND;
      check_event ((const UdpnatLanEvent *) event);
      udpnat_event_free (event);
    }
  while (udpnat_machine_pop_output (machine, world->now_us, &datagram))
    {
      UdpnatBeacon beacon;

      g_assert_true (udpnat_beacon_parse (&beacon, datagram.data, datagram.n_data));
      g_assert_cmpuint (datagram.remote.port, ==, UDPNAT_LAN_PORT);
      g_assert_cmpint (udpnat_address_get_scope (&datagram.remote), ==, UDPNAT_SCOPE_UNUSABLE);
    }
}

static void
take_source (UdpnatReader  *input,
             UdpnatAddress *out_source)
{
  static const char *const sources[] = {
    "192.168.1.2", "192.168.1.3", "fe80::2%3", "fe80::3%3", "10.0.0.1", "203.0.113.9", "127.0.0.1",
    "2001:db8::1", "0.0.0.0", "fe80::9",
  };
  guint which = udpnat_reader_u8 (input);

  if (!udpnat_address_parse_ip (out_source, sources[which % G_N_ELEMENTS (sources)],
                                UDPNAT_LAN_PORT))
    g_assert_not_reached ();
}

static void
give (World          *world,
      UdpnatReader   *input,
      UdpnatDatagram *datagram)
{
  datagram->socket = UDPNAT_SOCKET_MAIN;
  take_source (input, &datagram->remote);
  check_parser (datagram->data, datagram->n_data);
  udpnat_machine_handle_datagram (udpnat_lan_get_machine (world->lan), world->now_us, datagram);
}

static void
give_raw (World        *world,
          UdpnatReader *input)
{
  UdpnatDatagram datagram = { 0 };
  const guint8 *data = fuzz_take (input, UDPNAT_DATAGRAM_MAX_BYTES, &datagram.n_data);

  if (datagram.n_data > 0)
    memcpy (datagram.data, data, datagram.n_data);
  give (world, input, &datagram);
}

static void
give_signed (World        *world,
             UdpnatReader *input)
{
  const UdpnatIdentity *identity = world->keys[udpnat_reader_u8 (input) % N_KEYS];
  UdpnatDatagram datagram = { 0 };
  UdpnatSigningKey key;
  UdpnatBeacon beacon = { 0 };
  UdpnatWriter writer;
  guint8 *signature;
  guint8 flags = udpnat_reader_u8 (input);

  udpnat_signing_key_from_identity (identity, &key);
  beacon.is_leaving = flags % 4 == 3;
  beacon.is_asking = (flags & 16) != 0;
  beacon.sent_us = udpnat_reader_u64 (input);
  beacon.within_s = udpnat_reader_u16 (input);
  beacon.port = udpnat_reader_u16 (input);
  beacon.key = key.bytes;
  beacon.name = (const char *) fuzz_take (input, UDPNAT_NAME_MAX_BYTES + 1, &beacon.n_name);
  udpnat_writer_init (&writer, datagram.data, sizeof datagram.data);
  udpnat_beacon_write (&writer, &beacon);
  beacon.n_signed = writer.n_written;
  signature = udpnat_writer_reserve (&writer, UDPNAT_SIGNATURE_BYTES);
  udpnat_signature_make (identity, &world->random, "udpnat beacon", datagram.data, beacon.n_signed,
                         signature);
  datagram.n_data = writer.n_written;
  give (world, input, &datagram);
}

static void
step (World        *world,
      UdpnatReader *input)
{
  switch (udpnat_reader_u8 (input) % 6)
    {
    case 0:
      give_raw (world, input);
      break;
    case 1:
    case 2:
      give_signed (world, input);
      break;
    case 3:
      world->now_us += fuzz_take_duration (input);
      break;
    case 4:
      udpnat_lan_leave (world->lan, world->now_us);
      break;
    default:
      udpnat_lan_announce (world->lan, world->now_us, "alice",
                           (guint16) (8900 + udpnat_reader_u8 (input)));
      break;
    }
  turn (world);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  World world = { .now_us = UDPNAT_SEC (1000) };
  UdpnatReader input;

  check_parser (data, n_data);
  if (!udpnat_crypto_init ())
    g_assert_not_reached ();
  world.random = fuzz_random (&world.random_state);
  for (guint i = 0; i < N_KEYS; i++)
    world.keys[i] = udpnat_identity_generate (&world.random);
  world.lan = udpnat_lan_new (world.keys[0], &world.random, world.now_us, world.now_us + WALL_US);
  udpnat_lan_announce (world.lan, world.now_us, "alice", 8900);
  turn (&world);
  udpnat_reader_init (&input, data, n_data);
  while (udpnat_reader_left (&input) > 0)
    step (&world, &input);
  /* However much came: it does not make us shout. */
  g_assert_cmpuint (world.n_rounds, <=, 8 + 2 * n_data);
  udpnat_lan_free (world.lan);
  for (guint i = 0; i < N_KEYS; i++)
    udpnat_identity_free (world.keys[i]);
  return 0;
}
