#!/usr/bin/env python3
"""Takes whatever file is offered, and thanks for it: file-drop-bot.py FOLDER --name drop …"""
import json
import subprocess
import sys

folder, *options = sys.argv[1:]
bot = subprocess.Popen(['udpnat-cli', '--json', *options], text=True,
                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for line in bot.stdout:
    event = json.loads(line)
    if event['event'] == 'registered':
        print('here as', event['name'], flush=True)
    if event['event'] != 'file' or event['outgoing']:
        continue
    answers = {'offered': f'take #{event["number"]} "{folder}"',
               'done': f'send {event["key"]} Thank you for {event["name"]}.'}
    bot.stdin.write(answers.get(event['state'], '') + '\n')
    bot.stdin.flush()
sys.exit(bot.wait())
