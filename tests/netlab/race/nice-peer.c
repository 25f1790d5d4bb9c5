/* libnice, as race.py wants it: trickle ICE with STUN and TURN, and one message as soon as there is
 * a way. Signalling is a line of TCP to whoever the other one is.
 *
 *   nice-peer a|b SIGNAL-IP SIGNAL-PORT SERVER-IP SERVER-PORT
 *
 * Reads "go" (a only); prints "ready", then "asked", "came" and "direct" with the time of
 * CLOCK_MONOTONIC in microseconds: when it was told, when the message came (b), and when both ends
 * of the pair in use are no relay's. */

#include "config.h"

#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <nice/agent.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE "hello"

static struct
{
  GMainLoop         *loop;
  NiceAgent         *agent;
  guint              stream;
  gboolean           is_caller;
  gboolean           has_sent;
  gboolean           is_direct;
  GDataInputStream  *signals;
  GOutputStream     *out;
  const char        *server;
  guint16            server_port;
} peer;

static void
tell (const char *what)
{
  g_print ("%s %" G_GINT64_FORMAT "\n", what, g_get_monotonic_time ());
}

static void
signal_line (const char *word,
             const char *value)
{
  g_autofree char *line = g_strdup_printf ("%s %s\n", word, value);

  if (!g_output_stream_write_all (peer.out, line, strlen (line), NULL, NULL, NULL))
    g_main_loop_quit (peer.loop);
}

static void
received_cb (NiceAgent *agent,
             guint      stream,
             guint      component,
             guint      n_data,
             char      *data,
             gpointer   unused)
{
  if (n_data == strlen (MESSAGE) && !peer.is_caller)
    tell ("came");
}

static void
look_at_pair (void)
{
  NiceCandidate *local = NULL;
  NiceCandidate *remote = NULL;

  if (peer.is_direct || peer.agent == NULL
      || !nice_agent_get_selected_pair (peer.agent, peer.stream, 1, &local, &remote))
    return;
  if (local->type == NICE_CANDIDATE_TYPE_RELAYED || remote->type == NICE_CANDIDATE_TYPE_RELAYED)
    return;
  peer.is_direct = TRUE;
  tell ("direct");
}

static void
state_changed_cb (NiceAgent *agent,
                  guint      stream,
                  guint      component,
                  guint      state,
                  gpointer   unused)
{
  if (state != NICE_COMPONENT_STATE_CONNECTED && state != NICE_COMPONENT_STATE_READY)
    return;
  if (peer.is_caller && !peer.has_sent)
    peer.has_sent = nice_agent_send (agent, stream, 1, strlen (MESSAGE), MESSAGE) > 0;
  look_at_pair ();
}

static void
pair_changed_cb (NiceAgent     *agent,
                 guint          stream,
                 guint          component,
                 NiceCandidate *local,
                 NiceCandidate *remote,
                 gpointer       unused)
{
  look_at_pair ();
}

static void
candidate_cb (NiceAgent     *agent,
              NiceCandidate *candidate,
              gpointer       unused)
{
  g_autofree char *sdp = nice_agent_generate_local_candidate_sdp (agent, candidate);

  signal_line ("candidate", sdp);
}

static void
begin (void)
{
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;
  g_autofree char *both = NULL;

  peer.agent = nice_agent_new_full (g_main_context_default (), NICE_COMPATIBILITY_RFC5245,
                                    NICE_AGENT_OPTION_ICE_TRICKLE);
  g_object_set (peer.agent, "stun-server", peer.server, "stun-server-port",
                (guint) peer.server_port, "controlling-mode", peer.is_caller, NULL);
  g_signal_connect (peer.agent, "new-candidate-full", G_CALLBACK (candidate_cb), NULL);
  g_signal_connect (peer.agent, "component-state-changed", G_CALLBACK (state_changed_cb), NULL);
  g_signal_connect (peer.agent, "new-selected-pair-full", G_CALLBACK (pair_changed_cb), NULL);
  peer.stream = nice_agent_add_stream (peer.agent, 1);
  nice_agent_set_relay_info (peer.agent, peer.stream, 1, peer.server, peer.server_port, "race",
                             "race", NICE_RELAY_TYPE_TURN_UDP);
  nice_agent_attach_recv (peer.agent, peer.stream, 1, g_main_context_default (), received_cb, NULL);
  nice_agent_get_local_credentials (peer.agent, peer.stream, &user, &password);
  both = g_strconcat (user, " ", password, NULL);
  signal_line ("credentials", both);
  nice_agent_gather_candidates (peer.agent, peer.stream);
}

static void
handle_signal (char *line)
{
  char *value = strchr (line, ' ');
  g_auto (GStrv) words = NULL;
  NiceCandidate *candidate;
  GSList *list;

  if (value == NULL)
    return;
  *value++ = '\0';
  if (peer.agent == NULL)
    begin ();
  if (g_str_equal (line, "credentials"))
    {
      words = g_strsplit (value, " ", 2);
      nice_agent_set_remote_credentials (peer.agent, peer.stream, words[0], words[1]);
      return;
    }
  candidate = nice_agent_parse_remote_candidate_sdp (peer.agent, peer.stream, value);
  if (candidate == NULL)
    return;
  list = g_slist_prepend (NULL, candidate);
  nice_agent_set_remote_candidates (peer.agent, peer.stream, 1, list);
  g_slist_free_full (list, (GDestroyNotify) nice_candidate_free);
}

static void
signalled_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      unused)
{
  g_autofree char *line = g_data_input_stream_read_line_finish (peer.signals, result, NULL, NULL);

  if (line == NULL)
    {
      g_main_loop_quit (peer.loop);
      return;
    }
  handle_signal (line);
  g_data_input_stream_read_line_async (peer.signals, 0, NULL, signalled_cb, NULL);
}

static void
told_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      unused)
{
  GDataInputStream *input = G_DATA_INPUT_STREAM (source);
  g_autofree char *line = g_data_input_stream_read_line_finish (input, result, NULL, NULL);

  if (line == NULL)
    {
      g_main_loop_quit (peer.loop);
      return;
    }
  tell ("asked");
  begin ();
  g_data_input_stream_read_line_async (input, 0, NULL, told_cb, NULL);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GInputStream) stdin_stream = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr (GDataInputStream) commands = g_data_input_stream_new (stdin_stream);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) signalling = NULL;

  if (argc != 6)
    return 2;
  peer.is_caller = g_str_equal (argv[1], "a");
  peer.server = argv[4];
  peer.server_port = (guint16) g_ascii_strtoull (argv[5], NULL, 10);
  signalling = g_socket_client_connect_to_host (
    client, argv[2], (guint16) g_ascii_strtoull (argv[3], NULL, 10), NULL, &error);
  if (signalling == NULL)
    {
      g_printerr ("nice-peer: %s\n", error->message);
      return 1;
    }
  g_tcp_connection_set_graceful_disconnect (G_TCP_CONNECTION (signalling), FALSE);
  g_socket_set_option (g_socket_connection_get_socket (signalling), 6 /* TCP */, 1 /* NODELAY */, 1,
                       NULL);
  peer.out = g_io_stream_get_output_stream (G_IO_STREAM (signalling));
  peer.signals = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (signalling)));
  peer.loop = g_main_loop_new (NULL, FALSE);
  g_data_input_stream_read_line_async (peer.signals, 0, NULL, signalled_cb, NULL);
  g_data_input_stream_read_line_async (commands, 0, NULL, told_cb, NULL);
  g_print ("ready 0\n");
  g_main_loop_run (peer.loop);
  return 0;
}
