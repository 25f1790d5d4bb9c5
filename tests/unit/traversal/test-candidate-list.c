#include "config.h"

#include "udpnat-candidate-list.h"

#define PORT 8900

typedef struct
{
  UdpnatAddress   hosts[32];
  guint           n_hosts;
  UdpnatAddress   reflexive[4];
  guint           n_reflexive;
  UdpnatAddress   mapped; /* unset: nothing is */
  UdpnatCandidate out[UDPNAT_CANDIDATES_MAX];
  guint           n_out;
} Fixture;

static UdpnatAddress
at (const char *ip,
    guint16     port)
{
  UdpnatAddress address;
  gboolean is_parsed = udpnat_address_parse_ip (&address, ip, port);

  g_assert_true (is_parsed);
  return address;
}

static void
add_host (Fixture    *f,
          const char *ip)
{
  f->hosts[f->n_hosts++] = at (ip, 0);
}

static void
add_reflexive (Fixture    *f,
               const char *ip,
               guint16     port)
{
  f->reflexive[f->n_reflexive++] = at (ip, port);
}

static void
gather (Fixture *f)
{
  f->n_out = udpnat_gather_candidates (f->hosts, f->n_hosts, PORT,
                                       f->reflexive, f->n_reflexive,
                                       udpnat_address_is_set (&f->mapped) ? &f->mapped : NULL,
                                       f->out);
  g_assert_cmpuint (f->n_out, <=, UDPNAT_CANDIDATES_MAX);
}

static void
assert_candidate (Fixture             *f,
                  guint                index,
                  UdpnatCandidateKind  kind,
                  const char          *ip,
                  guint16              port)
{
  UdpnatAddress expected = at (ip, port);

  g_assert_cmpuint (index, <, f->n_out);
  g_assert_cmpint (f->out[index].kind, ==, kind);
  g_assert_true (udpnat_address_equal (&f->out[index].address, &expected));
}

static guint
count_kind (Fixture             *f,
            UdpnatCandidateKind  kind)
{
  guint n = 0;

  for (guint i = 0; i < f->n_out; i++)
    if (f->out[i].kind == kind)
      n++;

  return n;
}

static void
test_rank (void)
{
  Fixture f = { 0 };

  add_host (&f, "198.51.100.3");
  add_host (&f, "2001:db8::3");
  add_host (&f, "192.168.1.3");
  add_reflexive (&f, "203.0.113.3", 40000);
  gather (&f);
  g_assert_cmpuint (f.n_out, ==, 5);
  assert_candidate (&f, 0, UDPNAT_CANDIDATE_HOST, "192.168.1.3", PORT);
  assert_candidate (&f, 1, UDPNAT_CANDIDATE_GLOBAL_IPV6, "2001:db8::3", PORT);
  assert_candidate (&f, 2, UDPNAT_CANDIDATE_HOST, "198.51.100.3", PORT);
  assert_candidate (&f, 3, UDPNAT_CANDIDATE_REFLEXIVE, "203.0.113.3", 40000);
  assert_candidate (&f, 4, UDPNAT_CANDIDATE_REFLEXIVE_LOCAL_PORT, "203.0.113.3", PORT);
}

static void
test_order_within_rank (void)
{
  Fixture f = { 0 };

  add_host (&f, "192.168.1.4");
  add_host (&f, "10.0.0.4");
  gather (&f);
  assert_candidate (&f, 0, UDPNAT_CANDIDATE_HOST, "192.168.1.4", PORT);
  assert_candidate (&f, 1, UDPNAT_CANDIDATE_HOST, "10.0.0.4", PORT);
}

static void
test_nothing (void)
{
  Fixture f = { 0 };

  gather (&f);
  g_assert_cmpuint (f.n_out, ==, 0);
  g_assert_cmpuint (udpnat_gather_candidates (NULL, 0, PORT, NULL, 0, NULL, f.out), ==, 0);
}

static void
test_no_nat (void)
{
  Fixture f = { 0 };

  add_host (&f, "203.0.113.3");
  add_reflexive (&f, "203.0.113.3", PORT);
  add_reflexive (&f, "203.0.113.3", PORT);
  gather (&f);
  g_assert_cmpuint (f.n_out, ==, 1);
  assert_candidate (&f, 0, UDPNAT_CANDIDATE_HOST, "203.0.113.3", PORT);
}

static void
test_port_kept_by_nat (void)
{
  Fixture f = { 0 };

  add_host (&f, "192.168.1.3");
  add_reflexive (&f, "203.0.113.3", PORT);
  gather (&f);
  g_assert_cmpuint (f.n_out, ==, 2);
}

static void
test_both_server_ports (void)
{
  Fixture f = { 0 };

  add_reflexive (&f, "203.0.113.3", 40000);
  add_reflexive (&f, "203.0.113.3", 40001);
  gather (&f);
  g_assert_cmpuint (f.n_out, ==, 3);
  assert_candidate (&f, 0, UDPNAT_CANDIDATE_REFLEXIVE, "203.0.113.3", 40000);
  assert_candidate (&f, 1, UDPNAT_CANDIDATE_REFLEXIVE, "203.0.113.3", 40001);
  assert_candidate (&f, 2, UDPNAT_CANDIDATE_REFLEXIVE_LOCAL_PORT, "203.0.113.3", PORT);
}

static void
test_useless_addresses (void)
{
  static const char *const useless[] = {
    "127.0.0.1", "::1", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "fe80::1",
  };
  Fixture f = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (useless); i++)
    add_host (&f, useless[i]);
  f.reflexive[f.n_reflexive++] = UDPNAT_ADDRESS_NONE;
  add_reflexive (&f, "127.0.0.1", 40000);
  gather (&f);
  g_assert_cmpuint (f.n_out, ==, 0);
}

static void
test_low_ports (void)
{
  Fixture f = { 0 };

  add_reflexive (&f, "203.0.113.3", 1023);
  add_reflexive (&f, "203.0.113.4", 1024);
  gather (&f);
  assert_candidate (&f, 0, UDPNAT_CANDIDATE_REFLEXIVE, "203.0.113.4", 1024);
  g_assert_cmpuint (count_kind (&f, UDPNAT_CANDIDATE_REFLEXIVE), ==, 1);
}

static void
test_no_guess_for_ipv6 (void)
{
  Fixture f = { 0 };

  add_reflexive (&f, "2001:db8::9", 40000);
  gather (&f);
  g_assert_cmpuint (f.n_out, ==, 1);
}

/* Better than what the server sees, and where the two are the same address, in its place. */
static void
test_mapped (void)
{
  Fixture f = { 0 };

  add_host (&f, "192.168.1.3");
  add_reflexive (&f, "203.0.113.3", 40000);
  f.mapped = at ("203.0.113.3", 50000);
  gather (&f);
  g_assert_cmpuint (f.n_out, ==, 4);
  assert_candidate (&f, 1, UDPNAT_CANDIDATE_MAPPED, "203.0.113.3", 50000);
  assert_candidate (&f, 2, UDPNAT_CANDIDATE_REFLEXIVE, "203.0.113.3", 40000);

  f.mapped.port = 40000;
  gather (&f);
  g_assert_cmpuint (f.n_out, ==, 3);
  assert_candidate (&f, 1, UDPNAT_CANDIDATE_MAPPED, "203.0.113.3", 40000);
  g_assert_cmpuint (count_kind (&f, UDPNAT_CANDIDATE_REFLEXIVE), ==, 0);
}

/* 25 useless interfaces do not push out what works from outside. */
static void
test_many_interfaces (void)
{
  Fixture f = { 0 };

  for (guint i = 0; i < 25; i++)
    {
      g_autofree char *ip = g_strdup_printf ("172.17.%u.1", i);

      add_host (&f, ip);
    }
  add_host (&f, "2001:db8::3");
  add_reflexive (&f, "203.0.113.3", 40000);
  f.mapped = at ("203.0.113.3", 50000);
  gather (&f);
  g_assert_cmpuint (f.n_out, ==, UDPNAT_CANDIDATES_MAX);
  g_assert_cmpuint (count_kind (&f, UDPNAT_CANDIDATE_HOST), ==, 4);
  g_assert_cmpuint (count_kind (&f, UDPNAT_CANDIDATE_MAPPED), ==, 1);
  g_assert_cmpuint (count_kind (&f, UDPNAT_CANDIDATE_GLOBAL_IPV6), ==, 1);
  g_assert_cmpuint (count_kind (&f, UDPNAT_CANDIDATE_REFLEXIVE), ==, 1);
  g_assert_cmpuint (count_kind (&f, UDPNAT_CANDIDATE_REFLEXIVE_LOCAL_PORT), ==, 1);
}

static void
test_many_of_everything (void)
{
  Fixture f = { 0 };

  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *private = g_strdup_printf ("10.0.0.%u", i + 1);
      g_autofree char *public = g_strdup_printf ("198.51.100.%u", i + 1);
      g_autofree char *ipv6 = g_strdup_printf ("2001:db8::%u", i + 1);

      add_host (&f, private);
      add_host (&f, public);
      add_host (&f, ipv6);
    }
  for (guint i = 0; i < 4; i++)
    add_reflexive (&f, "203.0.113.3", 40000 + i);
  gather (&f);
  g_assert_cmpuint (f.n_out, ==, UDPNAT_CANDIDATES_MAX);
  assert_candidate (&f, 0, UDPNAT_CANDIDATE_HOST, "10.0.0.1", PORT);
  assert_candidate (&f, 1, UDPNAT_CANDIDATE_HOST, "10.0.0.2", PORT);
  assert_candidate (&f, 2, UDPNAT_CANDIDATE_GLOBAL_IPV6, "2001:db8::1", PORT);
  assert_candidate (&f, 4, UDPNAT_CANDIDATE_HOST, "198.51.100.1", PORT);
  assert_candidate (&f, 5, UDPNAT_CANDIDATE_REFLEXIVE, "203.0.113.3", 40000);
  assert_candidate (&f, 7, UDPNAT_CANDIDATE_REFLEXIVE_LOCAL_PORT, "203.0.113.3", PORT);
}

static void
test_scope_id_does_not_travel (void)
{
  Fixture f = { 0 };

  add_host (&f, "192.168.1.3");
  f.hosts[0].scope_id = 3;
  gather (&f);
  g_assert_cmpuint (f.out[0].address.scope_id, ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/candidate-list/rank/by-kind", test_rank);
  g_test_add_func ("/candidate-list/rank/order-is-kept", test_order_within_rank);
  g_test_add_func ("/candidate-list/empty/nothing", test_nothing);
  g_test_add_func ("/candidate-list/duplicates/no-nat", test_no_nat);
  g_test_add_func ("/candidate-list/duplicates/port-kept-by-nat", test_port_kept_by_nat);
  g_test_add_func ("/candidate-list/reflexive/both-server-ports", test_both_server_ports);
  g_test_add_func ("/candidate-list/mapped/before-reflexive", test_mapped);
  g_test_add_func ("/candidate-list/reflexive/no-guess-for-ipv6", test_no_guess_for_ipv6);
  g_test_add_func ("/candidate-list/filter/useless-addresses", test_useless_addresses);
  g_test_add_func ("/candidate-list/filter/low-ports", test_low_ports);
  g_test_add_func ("/candidate-list/filter/scope-id-does-not-travel",
                   test_scope_id_does_not_travel);
  g_test_add_func ("/candidate-list/limit/many-interfaces", test_many_interfaces);
  g_test_add_func ("/candidate-list/limit/many-of-everything", test_many_of_everything);

  return g_test_run ();
}
