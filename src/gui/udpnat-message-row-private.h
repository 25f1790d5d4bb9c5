#pragma once

#include "udpnat-message-row.h"
#include "udpnat-transfer.h"

G_BEGIN_DECLS

struct _UdpnatMessageRow
{
  GtkBox            parent_instance;

  GtkWidget        *column;
  GtkWidget        *bubble;
  GtkLabel         *text;
  GtkWidget        *caption;
  GtkWidget        *edited;
  GtkLabel         *state_words;
  GtkLabel         *time;
  GtkImage         *state_icon;

  /* made when first needed, borrowed */
  GtkWidget        *day_line;
  GtkWidget        *unread_line;
  GtkWidget        *quote;
  GtkWidget        *show_all;
  GtkWidget        *reactions;
  GtkWidget        *remedies;
  GtkWidget        *file;

  UdpnatHistoryRow *row;    /* nullable: shows nothing */
  UdpnatPerson     *person; /* as row */
  gboolean          is_note; /* to oneself: there is nowhere for it to come to */
  GSignalGroup     *row_signals;
  guint             settle_id;

  /* of a line that offers a file: udpnat-message-row-file.c */
  UdpnatClient     *client;   /* nullable: files are shown by their names */
  UdpnatTransfer   *transfer; /* nullable: no file */
  GSignalGroup     *transfer_signals; /* nullable, as file */
  GCancellable     *reading;  /* nullable: of a picture that is shown, or soon will be */
  gboolean          has_file_picture; /* that is the picture itself, not the offer's small one */
  gboolean          is_file_unreadable;
  int               done_tenths; /* as it was last read out */
};

void udpnat_message_row_set_class  (GtkWidget        *widget,
                                    const char       *name,
                                    gboolean          is_set);

/* udpnat-message-row-said.c */
void udpnat_message_row_show_text  (UdpnatMessageRow *self);
void udpnat_message_row_show_file  (UdpnatMessageRow *self);
void udpnat_message_row_clear_file (UdpnatMessageRow *self);
char *udpnat_message_row_dup_file_name (UdpnatMessageRow *self);
void udpnat_message_row_show_quote (UdpnatMessageRow *self);
void udpnat_message_row_open_link  (UdpnatMessageRow *self,
                                    const char       *uri);

G_END_DECLS
