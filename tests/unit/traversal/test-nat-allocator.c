/* What is made of a dozen ports. */

#include "config.h"

#include "udpnat-nat-allocator.h"

#define N_MAX UDPNAT_NAT_SAMPLES_MAX
#define GAP_US UDPNAT_NAT_TEST_GAP_US

static UdpnatNatFacts
judge (const int *outer,
       guint      n)
{
  UdpnatPortSample samples[N_MAX];
  UdpnatNatFacts facts = { 0 };

  g_assert_cmpuint (n, <=, N_MAX);
  for (guint i = 0; i < n; i++)
    samples[i] = (UdpnatPortSample) {
      .index = i,
      .sent_us = i * GAP_US,
      .inner = (guint16) (40000 + 7 * i % 5),
      .outer = (guint16) ABS (outer[i]),
      .is_in_order = outer[i] >= 0, /* a minus sign: nobody knows when it was given out */
    };
  udpnat_nat_allocator_judge (samples, n, &facts);
  return facts;
}

static void
fill (int  *outer,
      guint n,
      int   first,
      int   step)
{
  for (guint i = 0; i < n; i++)
    outer[i] = first + (int) i * step;
}

static void
test_too_few (void)
{
  const int outer[] = { 1030, 50000, 20000, 41000, 9000 };

  g_assert_cmpint (judge (outer, 0).allocator, ==, UDPNAT_PORT_ALLOCATOR_UNKNOWN);
  g_assert_cmpint (judge (outer, G_N_ELEMENTS (outer)).allocator, ==,
                   UDPNAT_PORT_ALLOCATOR_UNKNOWN);
}

/* A quarter may be taken by others. */
static void
test_preserving (void)
{
  int outer[12];

  for (guint i = 0; i < 12; i++)
    outer[i] = 40000 + 7 * (int) i % 5;
  g_assert_cmpint (judge (outer, 12).allocator, ==, UDPNAT_PORT_ALLOCATOR_PRESERVING);
  outer[0] = 1234;
  outer[5] = 61000;
  outer[9] = 2;
  g_assert_cmpint (judge (outer, 12).allocator, ==, UDPNAT_PORT_ALLOCATOR_PRESERVING);
  outer[10] = 3333;
  g_assert_cmpint (judge (outer, 12).allocator, ==, UDPNAT_PORT_ALLOCATOR_RANDOM);
}

static void
check_sequential (int first,
                  int step)
{
  UdpnatNatFacts facts;
  int outer[12];

  fill (outer, 12, first, step);
  facts = judge (outer, 12);
  g_assert_cmpint (facts.allocator, ==, UDPNAT_PORT_ALLOCATOR_SEQUENTIAL);
  g_assert_cmpint (facts.step, ==, step);
  g_assert_cmpuint (facts.flows_per_second, ==, 0);
  g_assert_cmpuint (facts.last_port, ==, first + 11 * step);
}

static void
test_sequential (void)
{
  check_sequential (30000, 1);
  check_sequential (30000, 2);
  check_sequential (30000, 64);
  check_sequential (30000, -1);
}

/* Others take two ports in each gap of 10 ms but one: 182 a second. */
static void
test_busy (void)
{
  UdpnatNatFacts facts;
  int outer[12];

  fill (outer, 12, 30000, 3);
  for (guint i = 6; i < 12; i++)
    outer[i] -= 2;
  facts = judge (outer, 12);
  g_assert_cmpint (facts.allocator, ==, UDPNAT_PORT_ALLOCATOR_SEQUENTIAL);
  g_assert_cmpint (facts.step, ==, 1);
  g_assert_cmpuint (facts.flows_per_second, ==, 181);
}

/* Those that may have been sent twice do not count, and the range may begin anew once. */
static void
test_disordered (void)
{
  int outer[12];

  fill (outer, 12, 30000, 1);
  outer[3] = -30040;
  outer[8] = -29000;
  g_assert_cmpint (judge (outer, 12).allocator, ==, UDPNAT_PORT_ALLOCATOR_SEQUENTIAL);
  outer[3] = 30040;
  outer[8] = 29000;
  g_assert_cmpint (judge (outer, 12).allocator, ==, UDPNAT_PORT_ALLOCATOR_BLOCK);
  fill (outer, 12, 30000, 1);
  fill (outer + 7, 5, 1024, 1);
  g_assert_cmpint (judge (outer, 12).allocator, ==, UDPNAT_PORT_ALLOCATOR_SEQUENTIAL);
}

/* Up to seven in order may be luck. */
static void
test_few_in_order (void)
{
  int outer[12];

  fill (outer, 12, 30000, 1);
  for (guint i = 0; i < 4; i++)
    outer[i] = -outer[i];
  g_assert_cmpint (judge (outer, 12).allocator, ==, UDPNAT_PORT_ALLOCATOR_SEQUENTIAL);
  outer[4] = -outer[4];
  g_assert_cmpint (judge (outer, 12).allocator, !=, UDPNAT_PORT_ALLOCATOR_SEQUENTIAL);
}

static void
test_block (void)
{
  int outer[] = { 30100, 30500, 30010, 30490, 30200, 30050, 30333, 30060, 30111, 30222, 30444,
                  30017 };
  UdpnatNatFacts facts = judge (outer, 12);

  g_assert_cmpint (facts.allocator, ==, UDPNAT_PORT_ALLOCATOR_BLOCK);
  g_assert_cmpuint (facts.block_first, ==, 30010 - 490 / 11);
  g_assert_cmpuint (facts.block_last, ==, 30500 + 490 / 11);
  outer[3] = 30010 + UDPNAT_NAT_BLOCK_MAX_PORTS - 1;
  g_assert_cmpint (judge (outer, 12).allocator, ==, UDPNAT_PORT_ALLOCATOR_BLOCK);
  outer[3]++;
  g_assert_cmpint (judge (outer, 12).allocator, ==, UDPNAT_PORT_ALLOCATOR_RANDOM);
}

static void
test_block_at_the_end (void)
{
  const int outer[] = { 65000, 65535, 65100, 65300, 65400, 65020, 65200, 65250, 65530, 65033, 65111,
                        65222 };

  g_assert_cmpuint (judge (outer, 12).block_last, ==, 65535);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/nat-allocator/unknown/too-few", test_too_few);
  g_test_add_func ("/nat-allocator/preserving/but-for-a-quarter", test_preserving);
  g_test_add_func ("/nat-allocator/sequential/any-step", test_sequential);
  g_test_add_func ("/nat-allocator/sequential/with-others", test_busy);
  g_test_add_func ("/nat-allocator/sequential/disorder-and-one-break", test_disordered);
  g_test_add_func ("/nat-allocator/sequential/needs-eight-in-order", test_few_in_order);
  g_test_add_func ("/nat-allocator/block/a-gap-wider-than-seen", test_block);
  g_test_add_func ("/nat-allocator/block/at-the-end-of-all-ports", test_block_at_the_end);

  return g_test_run ();
}
