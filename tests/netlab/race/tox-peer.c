/* c-toxcore, as race.py wants it: a node that others begin with, or somebody with one friend.
 *
 *   tox-peer node UDP-PORT TCP-PORT
 *   tox-peer peer IP:UDP-PORT:TCP-PORT:KEY…
 *
 * A node prints "node KEY". A peer prints "key KEY", and "ready" when it is online; reads
 * "go KEY", makes that its friend, says one thing as soon as the friend is there, and prints
 * "asked", "came" and "direct" with the time of CLOCK_MONOTONIC in microseconds: when it was told,
 * when the friend's message came, and when the way is UDP without a relay. */

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <tox/tox.h>

#define MESSAGE "hello"

static int is_online;

static void
tell (const char *what)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  printf ("%s %" PRId64 "\n", what,
          now.tv_sec * INT64_C (1000000) + now.tv_nsec / 1000);
  fflush (stdout);
}

static void
tell_key (const char    *what,
          const uint8_t *key)
{
  printf ("%s ", what);
  for (int i = 0; i < TOX_PUBLIC_KEY_SIZE; i++)
    printf ("%02x", key[i]);
  printf ("\n");
  fflush (stdout);
}

static int
read_key (const char *text,
          uint8_t    *key)
{
  for (int i = 0; i < TOX_PUBLIC_KEY_SIZE; i++)
    {
      unsigned byte;

      if (sscanf (text + 2 * i, "%2x", &byte) != 1)
        return 0;
      key[i] = (uint8_t) byte;
    }
  return 1;
}

static void
online_cb (Tox           *tox,
           TOX_CONNECTION status,
           void          *unused)
{
  if (!is_online && status != TOX_CONNECTION_NONE)
    tell ("ready");
  is_online = is_online || status != TOX_CONNECTION_NONE;
}

static void
friend_cb (Tox           *tox,
           uint32_t       friend,
           TOX_CONNECTION status,
           void          *unused)
{
  static int has_sent;
  static int is_direct;

  if (status != TOX_CONNECTION_NONE && !has_sent)
    has_sent = tox_friend_send_message (tox, friend, TOX_MESSAGE_TYPE_NORMAL,
                                        (const uint8_t *) MESSAGE, strlen (MESSAGE), NULL) > 0;
  if (status == TOX_CONNECTION_UDP && !is_direct)
    {
      is_direct = 1;
      tell ("direct");
    }
}

static void
message_cb (Tox             *tox,
            uint32_t         friend,
            TOX_MESSAGE_TYPE type,
            const uint8_t   *data,
            size_t           n_data,
            void            *unused)
{
  tell ("came");
}

static void
meet (Tox  *tox,
      char *node)
{
  char *udp = strchr (node, ':');
  char *tcp = udp != NULL ? strchr (udp + 1, ':') : NULL;
  char *text = tcp != NULL ? strchr (tcp + 1, ':') : NULL;
  uint8_t key[TOX_PUBLIC_KEY_SIZE];

  if (text == NULL || !read_key (text + 1, key))
    exit (2);
  *udp = *tcp = *text = '\0';
  tox_bootstrap (tox, node, (uint16_t) atoi (udp + 1), key, NULL);
  tox_add_tcp_relay (tox, node, (uint16_t) atoi (tcp + 1), key, NULL);
}

/* Returns: 0 when nobody is there any more to tell it anything */
static int
listen_to (Tox *tox)
{
  static char line[256];
  static size_t length;
  uint8_t key[TOX_PUBLIC_KEY_SIZE];
  ssize_t n = read (STDIN_FILENO, line + length, sizeof line - 1 - length);

  if (n == 0)
    return 0;
  if (n < 0)
    return 1;
  length += (size_t) n;
  line[length] = '\0';
  if (strchr (line, '\n') == NULL)
    return length < sizeof line - 1;
  length = 0;
  if (strncmp (line, "go ", 3) != 0 || !read_key (line + 3, key))
    return 0;
  tell ("asked");
  tox_friend_add_norequest (tox, key, NULL);
  return 1;
}

int
main (int    argc,
      char **argv)
{
  const int is_node = argc == 4 && strcmp (argv[1], "node") == 0;
  struct Tox_Options *options = tox_options_new (NULL);
  uint8_t key[TOX_PUBLIC_KEY_SIZE];
  Tox *tox;

  if (argc < 3)
    return 2;
  if (is_node)
    {
      tox_options_set_start_port (options, (uint16_t) atoi (argv[2]));
      tox_options_set_end_port (options, (uint16_t) atoi (argv[2]));
      tox_options_set_tcp_port (options, (uint16_t) atoi (argv[3]));
    }
  tox = tox_new (options, NULL);
  tox_options_free (options);
  if (tox == NULL)
    return 1;
  fcntl (STDIN_FILENO, F_SETFL, O_NONBLOCK);
  if (is_node)
    tox_self_get_dht_id (tox, key);
  else
    tox_self_get_public_key (tox, key);
  tell_key (is_node ? "node" : "key", key);
  tox_callback_self_connection_status (tox, online_cb);
  tox_callback_friend_connection_status (tox, friend_cb);
  tox_callback_friend_message (tox, message_cb);
  for (int i = 2; !is_node && i < argc; i++)
    meet (tox, argv[i]);
  while (listen_to (tox))
    {
      struct timespec pause = { .tv_nsec = 1000000L * tox_iteration_interval (tox) };

      tox_iterate (tox, NULL);
      /* Its own interval is up to 50 ms; a client with a loop of events wakes at once. */
      if (pause.tv_nsec > 2000000)
        pause.tv_nsec = 2000000;
      nanosleep (&pause, NULL);
    }
  tox_kill (tox);
  return 0;
}
