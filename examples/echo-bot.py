#!/usr/bin/env python3
"""Says back what it is told: echo-bot.py --name echo --server HOST --strangers accept"""
import json
import subprocess
import sys

bot = subprocess.Popen(['udpnat-cli', '--json', *sys.argv[1:]], text=True,
                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for line in bot.stdout:
    event = json.loads(line)
    if event['event'] == 'registered':
        print('here as', event['name'], flush=True)
    elif event['event'] == 'message':
        words = ' '.join(event['text'].split())  # one command is one line
        bot.stdin.write(f'send {event["key"]} {words}\n')
        bot.stdin.flush()
sys.exit(bot.wait())
