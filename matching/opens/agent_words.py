"""The words of user agents: what machines call themselves, and what the programs of people are known by.

Words are folded to lower case; `\\s` stands for the blank between two. A word of a machine counts wherever it stands, a
weak one only where no browser's pattern is; a product of people says no more than that it is no sign of a machine.
"""

from __future__ import annotations

import re


def _any(*words: str) -> re.Pattern[str]:
    """Any of these patterns, which blanks part."""
    return re.compile("|".join(" ".join(words).split()))


#: The programs that show mail, by what they call themselves.
MAIL_CLIENT = _any(
    r"thunderbird icedove betterbird postbox[/\s] spicebird \boutlook[-/\s] macoutlook oneoutlook \bms-?office\b",
    r"microsoft\soffice/[\d.]+\s\(.*(?:outlook|mapi) microsoft\s(?:office\s)?outlook windows\s?live\s?mail",
    r"windowsmail/ applemail apple\smail airmail[/\s] mailmate mailplane mailbar/ sparrow/",
    r"\bspark(?:mail|desktop|/\d) canary\s?mail superhuman newton\s?mail polymail mailspring nylas\s?mail mailbird",
    r"mailmaster em\s?client/ the\sbat! foxmail eudora pegasus\smail becky! claws\smail sylpheed ^evolution/ \bkmail",
    r"kontact/ trojita geary/ ^balsa lotus.?notes hcl\snotes groupwise zdesktop zimbra/ k-?9\s?mail aqua\s?mail",
    r"bluemail typeapp mymail/ yahoo(?:mobile|%20|\s)mail/ ^yahoomobile/ \bymail/ gmail(?:ios|android)?/ protonmail/",
    r"tutanota fairemail samsung\s?email navermailapp mailapp/ incredimail ^barca mulberry/ ^alpine/ davdroid/",
)

#: Programs of mailboxes that fetch an image when, and only when, somebody opens the mail.
IMAGE_PROXY = _any(
    r"googleimageproxy ggpht\.com yahoo\s?mail\s?proxy yahoocachesystem.*mail",
    r"(?:\b|[a-z])e-?mail[\s_-]?(?:image[\s_-]?)?prox(?:y|ies)\b outlook[\s_-]?(?:image|web)?[\s_-]?proxy",
    r"\bowa[\s_-]?proxy (?:proton|fast|zoho|naver|tuta|gmx|mailru|qq)[\s_-]?mail[\s_-]?(?:image[\s_-]?)?prox",
)

#: Programs of people whose names hold a word of machines: blanked out before machines are looked for.
HARMLESS = _any(
    r"\bcubot\b \bgoogle(?:app|\spixel|/google) \bnewssapphire\b ya(?:search)?browser \[?linkedinapp\]?",
    r"\bandroid@[\d.]+ \bup\.link/[\d.]+ inapp;\ssearch;? ^job\ssearch/ \bbing(?:web|sapphire)/ \bwebpositive\b",
    r"\bpodcastrepublic\b \bgsa/ \bncsa[_\s]mosaic.*libwww/\S+ \(java; \bbaidu(?:boxapp|browser|hd)\b",
    r"sogou(?:m|search|mobile)?browser \(baidu;\sp\d \bsp-engine/ ^e?links(?=[\s/]).* ^lynx/.* ^links$ lua-l\d+",
    r"\bphantom/(?=android|ios) \bgoggalaxyclient/ \bnaver\((?=inapp) \bduckduckgo/\d{1,2}(?=$|\ssafari)",
    r"sputnik\s?browser \bweb0s\b lg\sbrowser/[^;]* alipayclient \(java\s[\d._]+;\swin",
)

#: What machines say of themselves, whole or as a part of a longer word.
MACHINE = _any(
    # by trade
    r"(?<!\bcu)(?<!\bfu)(?<!\btur)(?<!\btabo)bots?(?![a-z]) \bbot(?:link|net|alot|seer|hub) robot crawl spider",
    r"scrap(?:e|ing|y) slurp harvest indexer extract exractor emailwolf fetch grab(?!rielle) sucker copier ripper",
    r"mirror\b offline archiv snapshot\b collect(?:or|d) preview unfurl expander embed(?!ded) thumbnail screenshot",
    r"capture favicon render headless phantom check monitor uptime \bpings?\b pingdom (?<!e)validat validator probe",
    r"synthetic watch(?:er|dog) health statuscake audit analy[sz]er?\b analytic analysis inspect insight lighthouse",
    r"observator optimizer seo\b seo[a-z] sitemap speed\s?test page.?speed gtmetrix \bptst/ webpagetest dareboost",
    r"yellowlab catchpoint gomez ruxit dejaclick feed(?!back) \brss rss\b rss/ \baggregat syndic subscriber podcast",
    r"newsblur newsgator newspaper newsread magpie simplepie readkit feedly link\s?check linkwalker webhook \bcron\b",
    r"daemon http(?!s?[;)]|s?$) proxy certificat \bdcv\b whois dns\b tester?\b testlocally discover \bfinder",
    r"finder\b hunter tracker tracemy matcher lead\s?gen email\s?siphon dataprovider datanyze semantic knowledge",
    r"dataset intelligence research survey census academic webcollage heritrix nutch teoma jeeves httrack offbyone",
    r"\bcurious \banonymous\b agent\b fake_?useragent default_user_agent user-agents?\b",
    # who scans mails and sites for what harms
    r"scan(?!ia\b) nessus openvas nikto nmap masscan zgrab nuclei sqlmap acunetix netsparker burp vulner pentest",
    r"exploit jorgee security secur[a-z]*headers threat phish malware virus clamav safebrows urldefense proofpoint",
    r"mimecast barracuda trend\s?micro forcepoint websense bluecoat symantec messagelabs fireeye trustwave sophos",
    r"zscaler fortiguard palo\s?alto checkpoint avanan ironscales vadesecure hornetsecurity safelinks barkrowler",
    r"ironport cloudmark mailmarshal spamtitan greathorn tessian cofense trellix fortinet urlscan appriver postini",
    # companies, by what only their machines say
    r"externalhit externalagent externalfetch facebookcatalog facebookplatform mediapartners weblight googleother",
    r"apis-google google- -google google\s(?:web|page|\() yahoo:\s? y!j yandex(?!search) baidu sogou daum\b daumoa",
    r"whatsapp telegram skypeuri slackb slack- discordb ^viber embedly mastodon misskey pleroma bluesky bsky cardyb",
    r"\bswcd\b ^ddg[_-] gpt openai anthropic claude perplexity cohere- mistralai \bai2 -ai\b \bai/ \bdevin\b gemini-",
    r"deepseek nagios zabbix monit\b xymon munin prometheus grafana splunk new\s?relic datadog 24x7 uptrends panopta",
    r"alertra kube- kubernetes docker azure aws- aws\b cloudflare cloudfront fastly akamai appengine",
    # libraries and programs that fetch
    r"python aiohttp urllib requests\b curl wget libwww \blwp perl\b perl/ ruby faraday typhoeus mechanize \bphp\b",
    r"guzzle snoopy (?<!jbed\s)\bjava/(?=\d) jakarta jersey jetty commons- apache- okhttp retrofit unirest restsharp",
    r"rest-client scalaj akka vert\.x -netty \bgo- \bgo\s\d golang resty\b grpc node- node\.js undici axios",
    r"superagent needle/ postman insomnia lua-[a-z]{3} erlang hackney haskell \brust\b reqwest \bhyper/ winhttp",
    r"wininet indy\b delphi synapse htmlunit selenium puppeteer playwright cypress electron-fetch splash\b wordpress",
    r"drupal joomla typo3 discourse xenforo phpbb laravel",
)

#: Words that stand in the names of some browsers, telephones and televisions too.
WEAK = _any(
    r"client \bwww\b search engine\b links?\b \btools?\b toolkit reader(?:[/\s]|$) library service\b worker\b script",
    r"plugin\b \btest\b \bjava\b cache gateway relay naver domain generator planet\b callback \bcdn status page",
    r"amazon viber",
)

#: An address of the web or of mail, or a domain: people's programs name none.
ADDRESS = _any(
    r"https?: www\. [\w+-]@[\w-]+\.\w \sat\s[\w-]+\sdot\s dot\scom\b mailto: \[at\] \(at\) [;\s]\+$ ;\s?\+ \(\+",
    r"[a-z][\w-]{0,40}\.(?:com|net|org|io|info|biz|co|eu|de|fr|ru|cn|jp|nl|cz|pl|it|uk|us|ch|at|se|dk|no|fi|es|pt|br|be"
    r"|ly|gy|ai|dev|app|me|tv|cc|fm|social|cloud|tech|xyz|online|site|pro)\b(?![/.]\d)(?!\.\w)(?!-)|[a-z][\w-]{0,40}\.(?:com|net|org)/\d",
)

#: An attack on whoever reads the log, or a request that went wrong.
ATTACK = _any(
    r"\bselect\b.*\( union\b.*select load_file sleep\( <\? <script \.\./ \$\{ jndi: \bor\s\d+= &amp; ^post\s ^get\s",
)

_PRODUCTS = """
    tesla qtcarbrowser oprgx
    2345chrome 2345explorer 360ee 360se adobeair aftb air airwatch alipayclient alliance aloha aloha_browser
    alohabrowser amaya amigo android aol aolbuild applecoremedia appleexchangewebservices applewebkit arc arora
    atlas atom atom-browser avant avast avg avira aweb baiduboxapp baidubrowser basecamp3 basilisk bb10 bdspark
    beaker beamrise beta bidubrowser bingsapphire bingweb blackberry blazer bolt bonecho bowser boxer brave bropp
    browser browserng build bytedancewebview bytelocale cake camino ccleaner ce-html cef cefsharp centos cfnetwork
    chedot chimera chrome chromeplus chromium citrio cliqz coc_coc_browser coccoc code comet comodo_dragon
    configuration conkeror coolnovo core crios crkey crosswalk cyanogenmod darwin ddg debian dia dillo discord
    dlnadoc dolfin dolphin dooble dragon duckduckgo ecosia edg edga edge edgios edgw edition electron electronapp
    elinks enigmail ephy epic epiphany espial esr evernote falkon fb4a fb_iab fban fbav fbios fbrv fedora fennec
    fenrir figma firebird firefox flipboard flock floorp focus foxmail franz fxios galeon gecko gentoo ghostery
    gnome-web gnu goanna goggalaxyclient googleapp granparadiso gsa gtk hbbtv heytapbrowser hibrowser hmscore hpwos
    hpx huaweibrowser ibrowse icab iceape icecat icedove icedragon iceweasel iemobile instagram ipad iphone ipod
    iridium iron jasmine javafx jiobrowser jiosphere k-meleon kakaotalk khtml kindle kinza kiwi klar konqueror
    kubuntu ladybird language large lbbrowser librewolf lightning like line linkedinapp links linux lorentz luakit
    lunascape lynx mac mac_wechat macoutlook maemo mailbird mailmasterpc mailspring main mandriva maple maxthon
    meizu metasr micromessenger midori min minefield minimo miniprogramenv mint miuibrowser mnenhy mobile
    mobilesafari mozilla mqqbrowser msie mullvad musical_ly mxbrowser mxnitro namoroka naver navigator netcast
    netcast.tv netfront netpositive netscape netscape6 netsurf nettype newssapphire next nichrome nightly
    nintendobrowser nokia nokiabrowser norton nortonsecure notion novarra novarra-vision nwjs nx obigo obsidian
    odyssey omniweb oneoutlook oneplusbrowser opensuse opera opera_mini opios opn-b oppobrowser opr opt opx orca
    orion os osmeta otter outlook ovibrowser owb p2 palemoon phantomweb philipstv phoenix phoenixbrowser photobucket
    pinterest pixel playbook playstation plutotv polarity postbox pre presto profile puffin qihu qq qqbrowser qt
    qtweb qtwebengine qtwebkit quark qupzilla qutebrowser raindrop.io rambox ramboxpro realmebrowser red redhat
    rekonq release rocket rockmelt roku rulz s40ovibrowser sa safari samsungbrowser sapphire se seamonkey series40
    series60 servo shell shiira shiretoko silk silkaccelerated silverlight skyfire skype slack slack_ssb slbchan
    sleipnir slimbrowser slimjet small smart-tv smarttv smm-mms snapchat snowshoe sogoumobilebrowser songbird sonic
    sonybravia sp-engine spotify sputnikbrowser stagefright sunrise superbird superhuman surf suse swiftfox symbian
    symbianos tablet tbs teams teleca theworld thunderbird tiktok titan tizen todoist tor torch touchpad trailer
    trident trill trustcloud twitter u2 u3 ubuntu ucbrowser ucweb uiwebview untrusted up.browser uws uzbl vendorid
    version verso via viber vieb viera vimprobable vivaldi vivobrowser voyager vr vscode w3m waterfox
    waterfoxclassic web0s webcore webkit webos webosbrowser webpositive webview webviewapp wechat weibo whale
    whatsapp-desktop whatsappweb whitehat windows windowsstore wkwebview wosbrowser wqvga wyzo x x11 xbrowser xiaomi
    yaani yaanibrowser yaapp_android yabrowser yasearchbrowser yowser zen
"""
#: Products, lower case, that browsers, apps and their engines name.
PRODUCTS = frozenset(_PRODUCTS.split())
