/* Lines from stdin on the main loop. At a terminal GNU Readline edits them through its callback
 * interface; a pipe or a file is read as it is, so that scripts get neither prompt nor echo.
 *
 * Readline keeps its state in globals, so this file keeps one pointer to the input in use. */

#include "config.h"

#include "udpnat-cli-input.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

/* A line longer than this is no command: text 64 KiB, name, verb. */
#define LINE_MAX_BYTES (128 * 1024)
#define HISTORY_MAX 500

struct _UdpnatCliInput
{
  gboolean               is_edited;
  char                  *prompt;
  char                  *history_path;
  UdpnatCliKeepFunc      keep_func;
  UdpnatCliTypingFunc    typing_func; /* nullable */
  UdpnatCliLineFunc      line_func;
  UdpnatCliOverlongFunc  overlong_func;
  UdpnatCliCompleteFunc  complete_func;
  gpointer               user_data;
  GString               *partial; /* of a plain line */
  gboolean               is_skipping; /* the rest of a line that is too long */
  guint                  source_id;
};

static UdpnatCliInput *current;

/* ---- Edited lines ---- */

static void
edited_line_cb (char *line)
{
  UdpnatCliInput *self = current;

  if (line != NULL && *line != '\0')
    add_history (line);
  self->line_func (line, self->user_data);
  free (line);
}

static char **
complete_cb (const char *text,
             int         start,
             int         end)
{
  UdpnatCliInput *self = current;
  g_autofree char *before = g_strndup (rl_line_buffer, start);
  g_auto (GStrv) found = NULL;
  char **matches;
  guint n_found;

  rl_attempted_completion_over = 1;
  found = self->complete_func (before, self->user_data);
  n_found = g_strv_length (found);
  matches = g_new0 (char *, n_found + 2); /* readline calls free() */
  guint n = 0;
  for (guint i = 0; i < n_found; i++)
    if (g_str_has_prefix (found[i], text))
      matches[++n] = g_strdup (found[i]);
  if (n == 0)
    {
      g_free (matches);
      return NULL;
    }
  if (n == 1)
    {
      matches[0] = matches[1];
      matches[1] = NULL;
      return matches;
    }
  /* The first entry is what all have in common. */
  gsize common = strlen (matches[1]);
  for (guint i = 2; i <= n; i++)
    {
      gsize k = 0;

      while (k < common && matches[i][k] == matches[1][k])
        k++;
      common = k;
    }
  matches[0] = g_strndup (matches[1], common);
  return matches;
}

static gboolean
terminal_cb (int          fd,
             GIOCondition condition,
             gpointer     user_data)
{
  UdpnatCliInput *self = user_data;

  rl_callback_read_char ();
  if (current == self && self->typing_func != NULL)
    self->typing_func (rl_line_buffer, self->user_data);
  return G_SOURCE_CONTINUE;
}

/**
 * udpnat_cli_input_hide: takes prompt and half-typed line off the screen, so that a line can be
 * written */
void
udpnat_cli_input_hide (void)
{
  if (current != NULL && current->is_edited)
    rl_clear_visible_line ();
}

/** udpnat_cli_input_show: puts them back */
void
udpnat_cli_input_show (void)
{
  if (current != NULL && current->is_edited)
    {
      rl_on_new_line ();
      rl_redisplay ();
    }
}

/* ---- Plain lines ---- */

static void
take_plain_lines (UdpnatCliInput *self)
{
  char *newline;

  while (current == self && (newline = memchr (self->partial->str, '\n', self->partial->len)))
    {
      gsize n_line = newline - self->partial->str;
      g_autofree char *line = g_strndup (self->partial->str, n_line);

      g_string_erase (self->partial, 0, n_line + 1);
      if (self->is_skipping)
        self->is_skipping = FALSE;
      else
        self->line_func (g_strchomp (line), self->user_data);
    }
}

static gboolean
pipe_cb (int          fd,
         GIOCondition condition,
         gpointer     user_data)
{
  UdpnatCliInput *self = user_data;
  char buffer[4096];
  gssize n_read = read (fd, buffer, sizeof buffer);

  if (n_read > 0)
    {
      g_string_append_len (self->partial, buffer, n_read);
      if (self->partial->len > LINE_MAX_BYTES &&
          memchr (self->partial->str, '\n', self->partial->len) == NULL)
        {
          g_string_truncate (self->partial, 0);
          if (!self->is_skipping)
            self->overlong_func (self->user_data);
          self->is_skipping = TRUE;
        }
      take_plain_lines (self);
      return G_SOURCE_CONTINUE;
    }
  self->source_id = 0;
  if (self->partial->len > 0 && !self->is_skipping)
    self->line_func (g_strchomp (self->partial->str), self->user_data);
  self->line_func (NULL, self->user_data);
  return G_SOURCE_REMOVE;
}

/* ---- Typed lines on disk ---- */

/* Only those that tell nothing of what was said: the file stands beside a database that may be
 * encrypted, and is easily copied with other files. */
static void
write_kept_history (UdpnatCliInput *self)
{
  HIST_ENTRY **entries = history_list ();
  g_autoptr (GString) kept = g_string_new (NULL);

  for (guint i = 0; entries != NULL && entries[i] != NULL; i++)
    if (self->keep_func (entries[i]->line))
      g_string_append_printf (kept, "%s\n", entries[i]->line);
  if (!g_file_set_contents_full (self->history_path, kept->str, kept->len,
                                 G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL))
    g_debug ("typed lines are not remembered");
  g_chmod (self->history_path, 0600); /* it may be from an earlier version */
}

/* ---- Construction ---- */

/**
 * udpnat_cli_input_new:
 * @is_plain: no editing, even at a terminal
 * @history_path: (nullable): where typed lines are remembered
 * @keep_func: whether a line may be remembered there
 * @complete_func: gives the words that may follow what stands before the cursor
 */
UdpnatCliInput *
udpnat_cli_input_new (gboolean               is_plain,
                      const char            *history_path,
                      UdpnatCliKeepFunc      keep_func,
                      UdpnatCliLineFunc      line_func,
                      UdpnatCliOverlongFunc  overlong_func,
                      UdpnatCliCompleteFunc  complete_func,
                      gpointer               user_data)
{
  UdpnatCliInput *self = g_new0 (UdpnatCliInput, 1);

  g_assert (current == NULL);
  current = self;
  self->is_edited = !is_plain && isatty (STDIN_FILENO) && isatty (STDOUT_FILENO);
  self->keep_func = keep_func;
  self->line_func = line_func;
  self->overlong_func = overlong_func;
  self->complete_func = complete_func;
  self->user_data = user_data;
  self->history_path = g_strdup (history_path);
  self->prompt = g_strdup ("> ");
  self->partial = g_string_new (NULL);
  if (self->is_edited)
    {
      rl_readline_name = "udpnat-cli";
      rl_attempted_completion_function = complete_cb;
      rl_catch_signals = 0;
      using_history ();
      stifle_history (HISTORY_MAX);
      if (history_path != NULL)
        read_history (history_path);
      rl_callback_handler_install (self->prompt, edited_line_cb);
      self->source_id = g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, terminal_cb,
                                       self);
    }
  else
    self->source_id = g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, pipe_cb, self);
  return self;
}

void
udpnat_cli_input_free (UdpnatCliInput *self)
{
  if (self == NULL)
    return;
  if (self->is_edited)
    {
      rl_callback_handler_remove ();
      if (self->history_path != NULL)
        write_kept_history (self);
    }
  if (self->source_id != 0)
    g_source_remove (self->source_id);
  current = NULL;
  g_string_free (self->partial, TRUE);
  g_free (self->history_path);
  g_free (self->prompt);
  g_free (self);
}

void
udpnat_cli_input_set_prompt (UdpnatCliInput *self,
                             const char     *prompt)
{
  g_free (self->prompt);
  self->prompt = g_strdup (prompt);
  if (!self->is_edited)
    return;
  udpnat_cli_input_hide ();
  rl_set_prompt (prompt);
  udpnat_cli_input_show ();
}

/** udpnat_cli_input_set_typing_func: called after each key, at a terminal */
void
udpnat_cli_input_set_typing_func (UdpnatCliInput      *self,
                                  UdpnatCliTypingFunc  typing_func)
{
  self->typing_func = typing_func;
}

gboolean
udpnat_cli_input_is_edited (const UdpnatCliInput *self)
{
  return self->is_edited;
}
