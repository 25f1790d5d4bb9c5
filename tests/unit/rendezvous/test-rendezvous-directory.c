#include "config.h"

#include "rendezvous-net.h"
#include "udpnat-directory-message.h"

/* The directory (PROTOCOL.md section 7): as a whole while it is small, then in pages; search; and
 * servers that tell no names at all. */

#define N_HOLDERS 26 /* each of whom takes all names that one key may have */

/* "n000" and so on: as many names as make the directory too large, of which the last of each holder
 * is there. */
static guint
fill_directory (Net *net,
                guint n_names)
{
  NetClient *holders[N_HOLDERS];
  guint      n = 0;

  g_assert_cmpuint (n_names, <=, N_HOLDERS * UDPNAT_NAMES_PER_KEY_MAX);
  for (guint i = 0; i < N_HOLDERS; i++)
    holders[i] = net_join (net, NULL);
  while (n < n_names)
    {
      for (guint i = 0; i < N_HOLDERS && n < n_names; i++, n++)
        {
          g_autofree char *name = g_strdup_printf ("n%03u", n);

          udpnat_rendezvous_client_register (holders[i]->client, net->now_us, name);
        }
      net_run (net, UDPNAT_SEC (1));
    }
  return n;
}

static guint32
list (Net        *net,
      NetClient  *client,
      const char *prefix,
      const char *after)
{
  guint32 request = udpnat_rendezvous_client_list (client->client, net->now_us, prefix, after);

  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (client->page_request, ==, request);
  return request;
}

static void
test_whole (void)
{
  g_autoptr (Net) net = net_new (1);
  NetClient *alice = net_join (net, "Alice");

  udpnat_rendezvous_client_subscribe (alice->client, net->now_us, TRUE);
  fill_directory (net, UDPNAT_DIRECTORY_WHOLE_MAX - 1);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (g_hash_table_size (alice->directory), ==, UDPNAT_DIRECTORY_WHOLE_MAX);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LIST_END], ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_DIRECTORY], ==, 0);
}

/* One name more, and all who were told of everybody are told that they are not any more; whoever
 * comes after that is told at once. */
static void
test_outgrown (void)
{
  g_autoptr (Net) net = net_new (2);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  NetClient *late;

  udpnat_rendezvous_client_subscribe (alice->client, net->now_us, TRUE);
  udpnat_rendezvous_client_subscribe (bob->client, net->now_us, TRUE);
  fill_directory (net, UDPNAT_DIRECTORY_WHOLE_MAX - 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_DIRECTORY], ==, 1);
  g_assert_cmpuint (alice->kind, ==, UDPNAT_DIRECTORY_PAGED);
  g_assert_cmpuint (bob->kind, ==, UDPNAT_DIRECTORY_PAGED);
  alice->counts[UDPNAT_RENDEZVOUS_EVENT_PEER] = 0;
  late = net_join (net, "Late");
  udpnat_rendezvous_client_subscribe (late->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (late->kind, ==, UDPNAT_DIRECTORY_PAGED);
  g_assert_cmpuint (late->counts[UDPNAT_RENDEZVOUS_EVENT_LIST_END], ==, 0);
  g_assert_cmpuint (late->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 0);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 0);
}

/* What it costs that everybody comes and wants everybody: nothing but the answer to each. */
static void
test_storm (void)
{
  g_autoptr (Net) net = net_new (3);
  UdpnatRendezvousServerStats before, after;
  NetClient *clients[40];

  fill_directory (net, UDPNAT_DIRECTORY_WHOLE_MAX + 1);
  before = net_stats (net);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autofree char *name = g_strdup_printf ("storm%u", i);

      clients[i] = net_join (net, name);
      udpnat_rendezvous_client_subscribe (clients[i]->client, net->now_us, TRUE);
    }
  net_run (net, UDPNAT_SEC (2));
  after = net_stats (net);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    g_assert_cmpuint (clients[i]->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 0);
  g_assert_cmpuint (after.datagrams_out - before.datagrams_out, <, 8 * G_N_ELEMENTS (clients));
}

/* All of it, in order, nobody twice. */
static void
test_pages (void)
{
  g_autoptr (Net) net = net_new (4);
  NetClient *alice = net_join (net, "Älice");
  guint n_names = fill_directory (net, 203), n_pages = 0;
  g_autofree char *after = g_strdup ("");

  do
    {
      list (net, alice, "", after);
      g_assert_cmpuint (alice->paged->len, <=, ++n_pages * UDPNAT_DIRECTORY_PAGE_MAX);
      g_free (after);
      after = g_strdup (alice->page_name);
    }
  while (alice->page_code == UDPNAT_PAGE_MORE);
  g_assert_cmpuint (alice->page_code, ==, UDPNAT_PAGE_LAST);
  g_assert_cmpuint (n_pages, ==, 5);
  g_assert_cmpuint (alice->paged->len, ==, n_names + 1);
  for (guint i = 0; i < n_names; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%03u", i);

      g_assert_cmpstr (g_ptr_array_index (alice->paged, i), ==, name);
    }
  g_assert_cmpstr (g_ptr_array_index (alice->paged, n_names), ==, "Älice");
  g_assert_cmpuint (net_listed_handle (alice, "n202"), !=, 0);
  g_assert_cmpuint (net_listed_handle (alice, "n000"), ==, 0); /* has another name by now */
}

static void
test_search (void)
{
  g_autoptr (Net) net = net_new (5);
  NetClient *alice = net_join (net, "alice");
  NetClient *ghost = net_add_client (net);

  net_join (net, "ALBERT");
  net_join (net, "Alma Ata");
  net_join (net, "Bob");
  udpnat_rendezvous_client_set_listed (ghost->client, net->now_us, FALSE);
  net_join_client (net, ghost, "alghost"); /* who is not listed is not found */
  net_run (net, UDPNAT_SEC (1));
  list (net, alice, "aL", "");
  g_assert_cmpuint (alice->paged->len, ==, 3);
  g_assert_cmpstr (g_ptr_array_index (alice->paged, 0), ==, "ALBERT");
  g_assert_cmpstr (g_ptr_array_index (alice->paged, 1), ==, "alice");
  g_assert_cmpstr (g_ptr_array_index (alice->paged, 2), ==, "Alma Ata");
  g_assert_cmpuint (alice->page_code, ==, UDPNAT_PAGE_LAST);
  list (net, alice, "alma ", "");
  g_assert_cmpstr (alice->page_name, ==, "Alma Ata");
  list (net, alice, "al", "alma ata");
  g_assert_null (alice->page_name);
  list (net, alice, "zz", "");
  g_assert_null (alice->page_name);
  g_assert_cmpuint (alice->page_code, ==, UDPNAT_PAGE_LAST);
}

/* As much as somebody needs who looks, and no more. */
static void
test_rate (void)
{
  g_autoptr (Net) net = net_new (6);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  guint n_told = 0;

  net_run (net, UDPNAT_SEC (1));
  for (guint i = 0; i < 60; i++)
    {
      udpnat_rendezvous_client_list (alice->client, net->now_us, "", "");
      net_run (net, UDPNAT_MSEC (50));
      n_told += alice->page_code == UDPNAT_PAGE_LAST ? 1 : 0;
    }
  g_assert_cmpuint (n_told, >=, UDPNAT_DIRECTORY_PAGES_BURST);
  g_assert_cmpuint (n_told, <=,
                    UDPNAT_DIRECTORY_PAGES_BURST + 3 * UDPNAT_DIRECTORY_PAGES_PER_SECOND);
  g_assert_cmpuint (alice->page_code, ==, UDPNAT_PAGE_LATER);
  list (net, bob, "", "");
  g_assert_cmpuint (bob->page_code, ==, UDPNAT_PAGE_LAST);
  net_run (net, UDPNAT_SEC (1));
  list (net, alice, "", "");
  g_assert_cmpuint (alice->page_code, ==, UDPNAT_PAGE_LAST);
}

static void
test_private (void)
{
  g_autoptr (Net) net = net_new (7);
  NetClient *alice, *bob;

  udpnat_rendezvous_server_free (g_steal_pointer (&net->server));
  net->directory = UDPNAT_DIRECTORY_PRIVATE;
  net_start_server (net);
  alice = net_join (net, "Alice");
  bob = net_join (net, "Bob");
  udpnat_rendezvous_client_subscribe (alice->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->kind, ==, UDPNAT_DIRECTORY_PRIVATE);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LIST_END], ==, 0);
  list (net, alice, "B", "");
  g_assert_cmpuint (alice->page_code, ==, UDPNAT_PAGE_PRIVATE);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 0);
  (void) udpnat_rendezvous_client_lookup (alice->client, net->now_us, "bob");
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (alice->found);
  g_assert_cmpuint (alice->entry.handle, ==, bob->handle);
}

/* A server that is away while somebody waits for a page. */
static void
test_timeout (void)
{
  g_autoptr (Net) net = net_new (8);
  NetClient *alice = net_join (net, "Alice");
  guint32 request;

  net_run (net, UDPNAT_SEC (1));
  alice->is_cut = TRUE;
  request = udpnat_rendezvous_client_list (alice->client, net->now_us, "", "");
  net_run (net, UDPNAT_LOOKUP_TIMEOUT_US + UDPNAT_MSEC (1));
  g_assert_cmpuint (alice->page_request, ==, request);
  g_assert_cmpuint (alice->page_code, ==, UDPNAT_PAGE_LATER);
  alice->is_cut = FALSE;
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_PAGE], ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/directory/whole/up-to-the-limit", test_whole);
  g_test_add_func ("/directory/whole/outgrown", test_outgrown);
  g_test_add_func ("/directory/whole/storm-above-the-limit", test_storm);
  g_test_add_func ("/directory/pages/all-in-order", test_pages);
  g_test_add_func ("/directory/pages/by-prefix", test_search);
  g_test_add_func ("/directory/pages/rate", test_rate);
  g_test_add_func ("/directory/pages/timeout", test_timeout);
  g_test_add_func ("/directory/private/exact-names-only", test_private);
  return g_test_run ();
}
