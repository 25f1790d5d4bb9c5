/* Columns of a terminal: letters, wide characters, marks that take none. */

#include "config.h"

#include "udpnat-columns.h"

static const struct
{
  const char *text;
  guint       n_columns;
} texts[] = {
  { "", 0 }, { "port", 4 }, { "Größe", 5 }, { "e\314\201", 1 }, { "端口", 4 }, { "#N 名字…", 8 },
  { "\342\201\250منفذ\342\201\251", 4 },
};

static void
test_count (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_cmpuint (udpnat_columns_count (texts[i].text), ==, texts[i].n_columns);
}

static void
test_pad (void)
{
  g_autofree char *wide = udpnat_columns_pad ("端口", 6);
  g_autofree char *narrow = udpnat_columns_pad ("port", 6);
  g_autofree char *longer = udpnat_columns_pad ("端口映射", 6);

  g_assert_cmpstr (wide, ==, "端口  ");
  g_assert_cmpstr (narrow, ==, "port  ");
  g_assert_cmpstr (longer, ==, "端口映射");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/columns/count/wide-and-none", test_count);
  g_test_add_func ("/columns/pad/up-to-the-column", test_pad);
  return g_test_run ();
}
