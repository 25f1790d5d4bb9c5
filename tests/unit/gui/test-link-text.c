/* Links in running text: what is one, and where it ends. */

#include "config.h"

#include "udpnat-link-text.h"

typedef struct
{
  const char *text;
  const char *link; /* nullable: there is none */
} Case;

static void
check (const Case *cases,
       gsize       n_cases)
{
  for (gsize i = 0; i < n_cases; i++)
    {
      const char *start = NULL;
      const char *end = NULL;
      gboolean is_found = udpnat_link_text_find (cases[i].text, &start, &end);
      g_autofree char *link = is_found ? g_strndup (start, (gsize) (end - start)) : NULL;

      g_assert_cmpstr (link, ==, cases[i].link);
    }
}

static void
test_schemes (void)
{
  static const Case cases[] = {
    { "see http://example.com now", "http://example.com" },
    { "HTTPS://Example.com/A", "HTTPS://Example.com/A" },
    { "udpnat:alice@example.com?key=1", "udpnat:alice@example.com?key=1" },
    { "http://[2001:db8::1]:80/x", "http://[2001:db8::1]:80/x" },
    { "javascript:alert(1)", NULL },
    { "file:///etc/passwd", NULL },
    { "FILE:///etc/passwd", NULL },
    { "data:text/html,hello", NULL },
    { "vbscript:msgbox(1)", NULL },
    { "smb://example.com/share", NULL },
    { "javascript://http:alert(1)", NULL },
    { "udpnatx:alice", NULL },
    { "example.com", NULL },
    { "xhttp://example.com", NULL },
    { "shttps://example.com", NULL },
    { "http:/example.com", NULL },
    { "http://", NULL },
    { "http:// example.com", NULL },
    { "udpnat:", NULL },
    { "udpnat: is nice", NULL },
    { "", NULL },
    { ":", NULL },
  };

  check (cases, G_N_ELEMENTS (cases));
}

static void
test_ends_with_the_sentence (void)
{
  static const Case cases[] = {
    { "Look at https://example.com.", "https://example.com" },
    { "https://example.com/a, and more", "https://example.com/a" },
    { "(https://example.com/a)", "https://example.com/a" },
    { "https://example.com/a_(b)", "https://example.com/a_(b)" },
    { "(https://example.com/a_(b)).", "https://example.com/a_(b)" },
    { "\"https://example.com/a\"", "https://example.com/a" },
    { "<https://example.com/a>", "https://example.com/a" },
    { "https://example.com/?a=1&b=2!", "https://example.com/?a=1&b=2" },
    { "https://example.com/a\nhttps://example.com/b", "https://example.com/a" },
  };

  check (cases, G_N_ELEMENTS (cases));
}

static void
test_scripts_without_spaces (void)
{
  static const Case cases[] = {
    { "请看https://example.cn/a吧", "https://example.cn/a" },
    { "看https://example.cn/a，谢谢", "https://example.cn/a" },
    { "「https://example.jp/」です", "https://example.jp/" },
    { "https://例え.jp", NULL },
    { "https://xn--r8jz45g.jp/", "https://xn--r8jz45g.jp/" },
    { "https://bücher.example/größe", "https://bücher.example/größe" },
  };

  check (cases, G_N_ELEMENTS (cases));
}

/* What turns the direction of writing around could make a link look like another. */
static void
test_ends_at_direction_marks (void)
{
  static const Case cases[] = {
    { "https://example.com/\xe2\x80\xaegnp.exe", "https://example.com/" },
    { "https://\xe2\x80\xae" "example.com", NULL },
    { "https://example.com/\xe2\x80\x8b" "x", "https://example.com/" },
  };

  check (cases, G_N_ELEMENTS (cases));
}

static void
test_markup_is_escaped (void)
{
  g_autofree char *markup = udpnat_link_text_to_markup ("<b>&</b> http://a.b/?x=1&y='2 \"<i>");

  g_assert_cmpstr (markup, ==,
                   "&lt;b&gt;&amp;&lt;/b&gt; "
                   "<a href=\"http://a.b/?x=1&amp;y=&apos;2\">http://a.b/?x=1&amp;y=&apos;2</a> "
                   "&quot;&lt;i&gt;");
}

static void
test_every_link_is_marked (void)
{
  g_autofree char *markup = udpnat_link_text_to_markup ("http://a.b, http://c.d");

  g_assert_cmpstr (markup, ==,
                   "<a href=\"http://a.b\">http://a.b</a>, <a href=\"http://c.d\">http://c.d</a>");
}

static void
test_no_markup_without_a_link (void)
{
  g_assert_null (udpnat_link_text_to_markup ("a < b & c"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/link-text/find/named-schemes-only", test_schemes);
  g_test_add_func ("/link-text/find/ends-with-the-sentence", test_ends_with_the_sentence);
  g_test_add_func ("/link-text/find/scripts-without-spaces-go-on-behind-it",
                   test_scripts_without_spaces);
  g_test_add_func ("/link-text/find/ends-at-direction-marks", test_ends_at_direction_marks);
  g_test_add_func ("/link-text/markup/everything-is-escaped", test_markup_is_escaped);
  g_test_add_func ("/link-text/markup/every-link-is-marked", test_every_link_is_marked);
  g_test_add_func ("/link-text/markup/none-without-a-link", test_no_markup_without_a_link);
  return g_test_run ();
}
