#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatCliInput:
 *
 * Lines from stdin: with editing, history and completion at a terminal, plain ones otherwise. There
 * is one at a time, since the line-editing library has global state.
 */
typedef struct _UdpnatCliInput UdpnatCliInput;

typedef void   (*UdpnatCliLineFunc)     (const char *line, /* nullable: end of input */
                                         gpointer    user_data);
typedef void   (*UdpnatCliOverlongFunc) (gpointer    user_data);
typedef char **(*UdpnatCliCompleteFunc) (const char *start,
                                         gpointer    user_data);
typedef void   (*UdpnatCliTypingFunc)   (const char *line, /* as far as it is typed */
                                         gpointer    user_data);
typedef gboolean (*UdpnatCliKeepFunc)   (const char *line);

UdpnatCliInput *udpnat_cli_input_new        (gboolean               is_plain,
                                             const char            *history_path,
                                             UdpnatCliKeepFunc      keep_func,
                                             UdpnatCliLineFunc      line_func,
                                             UdpnatCliOverlongFunc  overlong_func,
                                             UdpnatCliCompleteFunc  complete_func,
                                             gpointer               user_data)
  G_GNUC_WARN_UNUSED_RESULT;
void            udpnat_cli_input_free       (UdpnatCliInput        *self);
void            udpnat_cli_input_set_prompt (UdpnatCliInput        *self,
                                             const char            *prompt);
void            udpnat_cli_input_set_typing_func (UdpnatCliInput   *self,
                                             UdpnatCliTypingFunc    typing_func);
gboolean        udpnat_cli_input_is_edited  (const UdpnatCliInput  *self);
void            udpnat_cli_input_hide       (void);
void            udpnat_cli_input_show       (void);

G_END_DECLS
