#pragma once

#include "udpnat-message-row.h"

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

  UdpnatHistoryRow *row;    /* nullable: shows nothing */
  UdpnatPerson     *person; /* as row */
  gboolean          is_note; /* to oneself: there is nowhere for it to come to */
  GSignalGroup     *row_signals;
  guint             settle_id;
};

void udpnat_message_row_set_class  (GtkWidget        *widget,
                                    const char       *name,
                                    gboolean          is_set);

/* udpnat-message-row-said.c */
void udpnat_message_row_show_text  (UdpnatMessageRow *self);
void udpnat_message_row_show_quote (UdpnatMessageRow *self);
void udpnat_message_row_open_link  (UdpnatMessageRow *self,
                                    const char       *uri);

G_END_DECLS
