/* The codes that programs read: each reason has one, no two have the same, none ever changes. */

#include "config.h"

#include <string.h>

#include "udpnat-path-kind.h"

#define N_REASONS (UDPNAT_PATH_REASON_IDLE + 1)

static void
test_codes_are_stable (void)
{
  static const char *const codes[N_REASONS] = {
    [UDPNAT_PATH_REASON_NONE] = "none",
    [UDPNAT_PATH_REASON_NO_SESSION] = "no-session",
    [UDPNAT_PATH_REASON_CONNECTING] = "connecting",
    [UDPNAT_PATH_REASON_SEARCHING] = "searching",
    [UDPNAT_PATH_REASON_NO_CANDIDATES] = "no-candidates",
    [UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL] = "relay-only-local",
    [UDPNAT_PATH_REASON_RELAY_ONLY_REMOTE] = "relay-only-remote",
    [UDPNAT_PATH_REASON_BOTH_SYMMETRIC] = "both-symmetric",
    [UDPNAT_PATH_REASON_LOCAL_SYMMETRIC] = "local-symmetric",
    [UDPNAT_PATH_REASON_REMOTE_SYMMETRIC] = "remote-symmetric",
    [UDPNAT_PATH_REASON_NO_ANSWER] = "no-answer",
    [UDPNAT_PATH_REASON_DIRECT_LOST] = "direct-lost",
    [UDPNAT_PATH_REASON_UDP_BLOCKED] = "udp-blocked",
    [UDPNAT_PATH_REASON_UDP_BLOCKED_REMOTE] = "udp-blocked-remote",
    [UDPNAT_PATH_REASON_IDLE] = "idle",
  };

  for (guint i = 0; i < N_REASONS; i++)
    g_assert_cmpstr (udpnat_path_reason_to_code (i), ==, codes[i]);
}

static void
test_codes_are_words_for_programs (void)
{
  for (guint i = 0; i < N_REASONS; i++)
    {
      const char *code = udpnat_path_reason_to_code (i);

      g_assert_cmpuint (strlen (code), >, 0);
      g_assert_cmpuint (strspn (code, "abcdefghijklmnopqrstuvwxyz-"), ==, strlen (code));
      for (guint j = 0; j < i; j++)
        g_assert_cmpstr (code, !=, udpnat_path_reason_to_code (j));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base-path-kind/reason/codes-are-stable", test_codes_are_stable);
  g_test_add_func ("/base-path-kind/reason/codes-differ-and-are-plain",
                   test_codes_are_words_for_programs);

  return g_test_run ();
}
