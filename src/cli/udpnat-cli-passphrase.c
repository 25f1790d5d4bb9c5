/* Passphrases: from the terminal, without echo, or from the first line of a file. Never from the
 * command line or the environment, where other programs can read them.
 *
 * While the terminal does not show what is typed, signals wait: so however this ends, the terminal
 * is as before. */

#include "config.h"

#include "udpnat-cli-passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "udpnat-limits.h"

#define TERMINAL "/dev/tty"

/** udpnat_cli_passphrase_wipe: @passphrase: (nullable) (transfer full) */
void
udpnat_cli_passphrase_wipe (char *passphrase)
{
  if (passphrase == NULL)
    return;
  explicit_bzero (passphrase, strlen (passphrase));
  g_free (passphrase);
}

/** udpnat_cli_passphrase_can_ask: whether somebody sits at a terminal */
gboolean
udpnat_cli_passphrase_can_ask (void)
{
  int fd = open (TERMINAL, O_RDWR | O_CLOEXEC | O_NOCTTY);

  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

/* ---- From a file ---- */

/* What a line holds, without what ends it; NULL when it can be no passphrase. */
static char *
take_line (const char *line,
           gsize       n_line,
           GError    **error)
{
  while (n_line > 0 && (line[n_line - 1] == '\n' || line[n_line - 1] == '\r'))
    n_line--;
  if (n_line > UDPNAT_PASSPHRASE_MAX_BYTES || memchr (line, '\0', n_line) != NULL ||
      !g_utf8_validate_len (line, n_line, NULL))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   _("A passphrase is at most %d bytes of text"), UDPNAT_PASSPHRASE_MAX_BYTES);
      return NULL;
    }
  return g_strndup (line, n_line);
}

/**
 * udpnat_cli_passphrase_read:
 * @path: a file whose first line it is; "-" for stdin
 *
 * Returns: (transfer full) (nullable): the passphrase; for udpnat_cli_passphrase_wipe()
 */
char *
udpnat_cli_passphrase_read (const char *path,
                            GError    **error)
{
  gboolean is_stdin = g_str_equal (path, "-");
  int fd = is_stdin ? STDIN_FILENO : open (path, O_RDONLY | O_CLOEXEC);
  char buffer[UDPNAT_PASSPHRASE_MAX_BYTES + 2];
  gsize n_buffer = 0;
  char *passphrase;

  if (fd < 0)
    {
      int saved_errno = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                   /* Translators: a file, and why not */
                   _("Cannot read the passphrase from %s: %s"), path, g_strerror (saved_errno));
      return NULL;
    }
  /* Byte by byte: on stdin something else may follow. */
  while (n_buffer < sizeof buffer && read (fd, buffer + n_buffer, 1) == 1)
    if (buffer[n_buffer++] == '\n')
      break;
  passphrase = take_line (buffer, n_buffer, error);
  explicit_bzero (buffer, sizeof buffer);
  if (!is_stdin)
    close (fd);
  return passphrase;
}

/* ---- From the terminal ---- */

static void
block_signals (sigset_t *out_blocked,
               sigset_t *out_before)
{
  sigemptyset (out_blocked);
  sigaddset (out_blocked, SIGINT);
  sigaddset (out_blocked, SIGTERM);
  sigaddset (out_blocked, SIGHUP);
  sigaddset (out_blocked, SIGQUIT);
  sigaddset (out_blocked, SIGTSTP);
  sigprocmask (SIG_BLOCK, out_blocked, out_before);
}

/* Reads one line, which the terminal lets be corrected. */
static char *
read_hidden (int     fd,
             int     signals_fd,
             GError **error)
{
  struct pollfd waiting[] = { { fd, POLLIN, 0 }, { signals_fd, POLLIN, 0 } };
  char buffer[UDPNAT_PASSPHRASE_MAX_BYTES + 2];
  gssize n_read = -1;
  char *line = NULL;

  while (poll (waiting, G_N_ELEMENTS (waiting), -1) < 0 && errno == EINTR)
    ;
  if (waiting[1].revents == 0)
    n_read = read (fd, buffer, sizeof buffer);
  if (n_read > 0)
    line = take_line (buffer, n_read, error);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("No passphrase was given"));
  explicit_bzero (buffer, sizeof buffer);
  return line;
}

/**
 * udpnat_cli_passphrase_ask:
 * @prompt: what is asked for
 *
 * Returns: (transfer full) (nullable): what was typed, perhaps ""; %NULL after a signal or the end
 *   of input
 */
char *
udpnat_cli_passphrase_ask (const char *prompt,
                           GError    **error)
{
  int fd = open (TERMINAL, O_RDWR | O_CLOEXEC | O_NOCTTY);
  struct termios before;
  struct termios hidden;
  sigset_t blocked;
  sigset_t unblocked;
  char *passphrase = NULL;
  int signals_fd;

  if (fd < 0 || tcgetattr (fd, &before) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("There is no terminal to ask at"));
      if (fd >= 0)
        close (fd);
      return NULL;
    }
  block_signals (&blocked, &unblocked);
  signals_fd = signalfd (-1, &blocked, SFD_CLOEXEC);
  hidden = before;
  hidden.c_lflag &= ~(tcflag_t) ECHO;
  tcsetattr (fd, TCSAFLUSH, &hidden);
  if (write (fd, prompt, strlen (prompt)) >= 0)
    passphrase = read_hidden (fd, signals_fd, error);
  tcsetattr (fd, TCSAFLUSH, &before);
  if (write (fd, "\n", 1) < 0)
    g_debug ("the terminal is gone");
  close (signals_fd);
  close (fd);
  sigprocmask (SIG_SETMASK, &unblocked, NULL); /* what came meanwhile acts now */
  return passphrase;
}

/* ---- From whichever there is ---- */

/** udpnat_cli_passphrase_get: @options may name the file with it */
char *
udpnat_cli_passphrase_get (const UdpnatCliOptions *options,
                           const char             *prompt,
                           GError                **error)
{
  if (options->passphrase_file != NULL)
    return udpnat_cli_passphrase_read (options->passphrase_file, error);
  if (udpnat_cli_passphrase_can_ask ())
    return udpnat_cli_passphrase_ask (prompt, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
               _("A passphrase is needed, and there is no terminal to ask at. Give "
                 "--passphrase-file FILE"));
  return NULL;
}

/** udpnat_cli_passphrase_get_new: a new one, asked for twice: nobody sees what they type */
char *
udpnat_cli_passphrase_get_new (const UdpnatCliOptions *options,
                               const char             *prompt,
                               GError                **error)
{
  char *first;
  char *second;

  if (options->new_passphrase_file != NULL)
    return udpnat_cli_passphrase_read (options->new_passphrase_file, error);
  if (!udpnat_cli_passphrase_can_ask ())
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   _("A new passphrase is needed, and there is no terminal to ask at. Give "
                     "--new-passphrase-file FILE"));
      return NULL;
    }
  first = udpnat_cli_passphrase_ask (prompt, error);
  if (first == NULL || *first == '\0')
    return first;
  second = udpnat_cli_passphrase_ask (_("The same again: "), error);
  if (second != NULL && !g_str_equal (first, second))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("They differ. Nothing was changed"));
      g_clear_pointer (&second, udpnat_cli_passphrase_wipe);
    }
  udpnat_cli_passphrase_wipe (first);
  return second;
}
