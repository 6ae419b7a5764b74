"""secret_values.py: made-up keys in the shapes of their vendors, put together at run time from parts: no file of this
folder holds a text that looks like a live key. Shapes are those of the vendors' own documents. FAMILIES maps a family's
name to its maker and the names under which people keep such a key.
"""
import base64
import hashlib
import json
import zlib

UP, LOW, DIG = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"
ALNUM = UP + LOW + DIG
URL64, HEX, B32 = ALNUM + "-_", "0123456789abcdef", UP + "234567"


def pick(r, alphabet, count):
    return "".join(r.choice(alphabet) for _ in range(count))


def alnum(r, count):
    """Random enough to look like a key: digits, capitals and small letters all occur."""
    while True:
        out = pick(r, ALNUM, count)
        if any(c in DIG for c in out) and any(c in UP for c in out) and any(c in LOW for c in out):
            return out


def url64(r, count):
    return pick(r, ALNUM, 1) + pick(r, URL64, count - 2) + pick(r, ALNUM, 1)


def hexes(r, count):
    return pick(r, HEX, count)


def b64(r, count):
    """Base64 of random bytes, `count` bytes before encoding."""
    return base64.b64encode(bytes(r.randrange(256) for _ in range(count))).decode()


def github(kind):
    def make(r):
        body = alnum(r, 30)
        number, tail = zlib.crc32(body.encode()), ""
        for _ in range(6):  # base62 of the CRC, as GitHub's announcement of the format says
            number, rest = divmod(number, 62)
            tail = (DIG + UP + LOW)[rest] + tail
        return "gh" + kind + "_" + body + tail
    return make


def jwt(r):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")
    head = part({"alg": r.choice(["HS256", "RS256", "ES256"]), "typ": "JWT"})
    body = part({"sub": pick(r, DIG, 8), "iat": 1700000000 + r.randrange(10 ** 7),
            "role": r.choice(["admin", "user", "ci"])})
    return f"{head}.{body}.{url64(r, r.choice([43, 86, 342]))}"


def key_block(r):
    kind = r.choice(["RSA ", "EC ", "", "OPENSSH ", "DSA ", "ENCRYPTED "])
    body = b64(r, r.choice([180, 320, 600]))
    lines = [body[i:i + 64] for i in range(0, len(body), 64)]
    dash = "-" * 5
    return "\n".join([f"{dash}BEGIN {kind}PRIVATE" + f" KEY{dash}", *lines,
            f"{dash}END {kind}PRIVATE" + f" KEY{dash}"])


def pgp_block(r):
    body = b64(r, 400)
    lines = [body[i:i + 64] for i in range(0, len(body), 64)]
    dash = "-" * 5
    return "\n".join([f"{dash}BEGIN PGP PRIVATE" + f" KEY BLOCK{dash}", "", *lines, "=" + alnum(r, 4),
                      f"{dash}END PGP PRIVATE" + f" KEY BLOCK{dash}"])


def age(r):
    return "AGE-SEC" + "RET-KEY-1" + pick(r, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)


def azure_connection(r):
    return (f"DefaultEndpointsProtocol=https;AccountName={pick(r, LOW, 9)};Account" + f"Key={b64(r, 64)};"
            "EndpointSuffix=core.windows.net")


def slack_hook(r):
    return "https://hooks.slack" + f".com/services/T{pick(r, UP + DIG, 10)}/B{pick(r, UP + DIG, 10)}/{alnum(r, 24)}"


def discord_hook(r):
    return "https://discord.com/api/web" + f"hooks/{pick(r, '123456789', 1)}{pick(r, DIG, 17)}/{url64(r, 68)}"


def discord_bot(r):
    ident = base64.b64encode(("1" + pick(r, DIG, 17)).encode()).decode().rstrip("=")
    return f"{ident}.{alnum(r, 6)}.{url64(r, 38)}"


def openai(kind):
    return lambda r: "s" + f"k-{kind}-" + url64(r, 74) + "T3Bl" + "bkFJ" + url64(r, 74)


def sas(r):
    signature = b64(r, 32).replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    return ("sv=2022-11-02&ss=b&srt=co&sp=rwdl&se=2027-03-01T00:00:00Z&st=2026-03-01T00:00:00Z&spr=https&si"
            f"g={signature}")


FAMILIES = {
    "aws-access-key-id": (lambda r: r.choice(["AK", "AS"]) + "IA" + pick(r, B32, 16), "AWS_ACCESS_KEY_ID"),
    "aws-secret-access-key": (lambda r: pick(r, ALNUM + "+/", 38) + "9k", "AWS_SECRET_ACCESS_KEY"),
    "aws-bedrock": (lambda r: "AB" + "SK" + b64(r, 80), "AWS_BEARER_TOKEN_BEDROCK"),
    "github-pat": (github("p"), "GITHUB_TOKEN"), "github-oauth": (github("o"), "GH_OAUTH"),
            "github-user": (github("u"), "GH_USER_TOKEN"),
    "github-server": (github("s"), "GH_APP_TOKEN"), "github-refresh": (github("r"), "GH_REFRESH"),
    "github-fine-grained": (lambda r: "github" + "_pat_" + alnum(r, 22) + "_" + alnum(r, 59), "GH_TOKEN"),
    "gitlab-pat": (lambda r: "gl" + "pat-" + url64(r, 20), "GITLAB_TOKEN"),
    "gitlab-trigger": (lambda r: "gl" + "ptt-" + hexes(r, 40), "GITLAB_TRIGGER"),
    "gitlab-runner": (lambda r: "gl" + "rt-" + url64(r, 20), "RUNNER_TOKEN"),
    "gitlab-deploy": (lambda r: "gl" + "dt-" + url64(r, 20), "GITLAB_DEPLOY_TOKEN"),
    "slack-bot": (lambda r: "xo" + f"xb-{pick(r, DIG, 12)}-{pick(r, DIG, 13)}-{alnum(r, 24)}", "SLACK_BOT_TOKEN"),
    "slack-user": (lambda r: "xo" + f"xp-{pick(r, DIG, 12)}-{pick(r, DIG, 12)}-{pick(r, DIG, 13)}-{hexes(r, 32)}",
            "SLACK_USER_TOKEN"),
    "slack-app": (lambda r: "xa" + f"pp-1-A{pick(r, UP + DIG, 10)}-{pick(r, DIG, 13)}-{hexes(r, 64)}",
            "SLACK_APP_TOKEN"),
    "slack-webhook": (slack_hook, "SLACK_WEBHOOK_URL"),
    "stripe-secret": (lambda r: "s" + f"k_{r.choice(['li' + 've', 'te' + 'st'])}_" + alnum(r, r.choice([24, 99])),
            "STRIPE_SECRET_KEY"),
    "stripe-restricted": (lambda r: "r" + "k_li" + "ve_" + alnum(r, 99), "STRIPE_RESTRICTED_KEY"),
    "stripe-webhook": (lambda r: "wh" + "sec_" + alnum(r, 32), "STRIPE_WEBHOOK_SECRET"),
    "openai-legacy": (lambda r: "s" + "k-" + alnum(r, 20) + "T3Bl" + "bkFJ" + alnum(r, 20), "OPENAI_API_KEY"),
    "openai-project": (openai("proj"), "OPENAI_API_KEY"), "openai-service": (openai("svcacct"), "OPENAI_SERVICE_KEY"),
    "openai-admin": (openai("admin"), "OPENAI_ADMIN_KEY"),
    "anthropic": (lambda r: "s" + "k-an" + "t-api03-" + url64(r, 93) + "AA", "ANTHROPIC_API_KEY"),
    "anthropic-admin": (lambda r: "s" + "k-an" + "t-admin01-" + url64(r, 93) + "AA", "ANTHROPIC_ADMIN_KEY"),
    "deepseek": (lambda r: "s" + "k-" + hexes(r, 32), "DEEPSEEK_API_KEY"),
    "hugging-face": (lambda r: "h" + "f_" + pick(r, UP + LOW, 34), "HF_TOKEN"),
            "groq": (lambda r: "g" + "sk_" + alnum(r, 52), "GROQ_API_KEY"),
    "perplexity": (lambda r: "pp" + "lx-" + alnum(r, 48), "PERPLEXITY_API_KEY"),
            "xai": (lambda r: "x" + "ai-" + alnum(r, 80), "XAI_API_KEY"),
    "replicate": (lambda r: "r" + "8_" + alnum(r, 37), "REPLICATE_API_TOKEN"),
    "openrouter": (lambda r: "s" + "k-or-v1-" + hexes(r, 64), "OPENROUTER_API_KEY"),
    "langsmith": (lambda r: "ls" + f"v2_{r.choice(['pt', 'sk'])}_{hexes(r, 32)}_{hexes(r, 10)}", "LANGSMITH_API_KEY"),
    "nvidia": (lambda r: "nv" + "api-" + url64(r, 64), "NVIDIA_API_KEY"),
    "pinecone": (lambda r: "pc" + f"sk_{alnum(r, 6)}_{alnum(r, 63)}", "PINECONE_API_KEY"),
    "google-api": (lambda r: "AI" + "za" + "Sy" + url64(r, 33), "GOOGLE_API_KEY"),
    "google-oauth-secret": (lambda r: "GOC" + "SPX-" + url64(r, 28), "GOOGLE_CLIENT_SECRET"),
    "google-oauth-token": (lambda r: "ya" + "29.a0" + url64(r, 160), "GCP_ACCESS_TOKEN"),
    "azure-storage": (azure_connection, "AZURE_STORAGE_CONNECTION_STRING"),
    "azure-client-secret": (lambda r: alnum(r, 3) + "8Q~" + url64(r, 34), "AZURE_CLIENT_SECRET"),
    "azure-sas": (sas, "AZURE_SAS"),
    "digitalocean": (lambda r: "do" + f"{r.choice('por')}_v1_" + hexes(r, 64), "DIGITALOCEAN_TOKEN"),
    "heroku": (lambda r: "HR" + "KU-AA" + url64(r, 58), "HEROKU_API_KEY"),
            "doppler": (lambda r: "d" + "p.pt." + alnum(r, 43), "DOPPLER_TOKEN"),
    "vault": (lambda r: "hv" + f"{r.choice('sb')}." + url64(r, r.choice([92, 95])), "VAULT_TOKEN"),
    "terraform": (lambda r: alnum(r, 14) + ".at" + "lasv1." + url64(r, 67), "TFE_TOKEN"),
            "npm": (lambda r: "np" + "m_" + alnum(r, 36), "NPM_TOKEN"),
    "pypi": (lambda r: "py" + "pi-AgEIcHlw" + "aS5vcmc" + url64(r, 150), "PYPI_TOKEN"),
    "rubygems": (lambda r: "ruby" + "gems_" + hexes(r, 48), "GEM_HOST_API_KEY"),
    "docker": (lambda r: "dc" + "kr_pat_" + url64(r, 27), "DOCKERHUB_TOKEN"),
    "nuget": (lambda r: "oy" + "2" + pick(r, LOW + DIG, 43), "NUGET_API_KEY"),
    "shopify": (lambda r: "sh" + r.choice(["pat", "pca", "pss"]) + "_" + hexes(r, 32), "SHOPIFY_TOKEN"),
    "square": (lambda r: "sq" + "0" + r.choice(["atp", "csp"]) + "-" + url64(r, 22), "SQUARE_TOKEN"),
    "twilio": (lambda r: "S" + "K" + hexes(r, 32), "TWILIO_API_KEY"),
    "sendgrid": (lambda r: "S" + "G." + url64(r, 22) + "." + url64(r, 43), "SENDGRID_API_KEY"),
    "mailgun": (lambda r: "ke" + "y-" + hexes(r, 32), "MAILGUN_API_KEY"),
            "mailchimp": (lambda r: hexes(r, 32) + "-us" + str(r.randint(1, 21)), "MAILCHIMP_API_KEY"),
    "telegram": (lambda r: pick(r, "123456789", 1) + pick(r, DIG, 9) + ":A" + "A" + url64(r, 33),
            "TELEGRAM_BOT_TOKEN"),
    "discord-bot": (discord_bot, "DISCORD_TOKEN"), "discord-webhook": (discord_hook, "DISCORD_WEBHOOK"),
    "notion": (lambda r: "nt" + "n_" + pick(r, DIG, 11) + alnum(r, 35), "NOTION_TOKEN"),
    "linear": (lambda r: "li" + "n_api_" + alnum(r, 40), "LINEAR_API_KEY"),
            "atlassian": (lambda r: "AT" + "ATT3xFfGF0" + url64(r, 170) + "=" + pick(r, HEX.upper(), 8),
                    "JIRA_API_TOKEN"),
    "airtable": (lambda r: "pa" + "t" + alnum(r, 14) + "." + hexes(r, 64), "AIRTABLE_TOKEN"),
            "figma": (lambda r: "fi" + "gd_" + url64(r, 40), "FIGMA_TOKEN"),
    "grafana": (lambda r: "gl" + "sa_" + alnum(r, 32) + "_" + hexes(r, 8), "GRAFANA_TOKEN"),
    "grafana-cloud": (lambda r: "gl" + "c_" + b64(r, 90).rstrip("="), "GRAFANA_CLOUD_KEY"),
    "newrelic": (lambda r: "NR" + "AK-" + pick(r, UP + DIG, 27), "NEW_RELIC_API_KEY"),
    "sentry": (lambda r: "snt" + "ryu_" + hexes(r, 64), "SENTRY_AUTH_TOKEN"),
    "planetscale": (lambda r: "psc" + "ale_tkn_" + url64(r, 43), "PLANETSCALE_TOKEN"),
    "postman": (lambda r: "PM" + f"AK-{hexes(r, 24)}-{hexes(r, 34)}", "POSTMAN_API_KEY"),
    "databricks": (lambda r: "da" + "pi" + hexes(r, 32), "DATABRICKS_TOKEN"),
            "supabase": (lambda r: "sb" + "p_" + hexes(r, 40), "SUPABASE_TOKEN"),
    "netlify": (lambda r: "nf" + "p_" + alnum(r, 36), "NETLIFY_AUTH_TOKEN"),
    "fly": (lambda r: "Fly" + "V1 fm2_" + b64(r, 150).rstrip("="), "FLY_API_TOKEN"),
    "age": (age, "AGE_KEY"), "onepassword": (lambda r: "op" + "s_" + "ey" + "J" + url64(r, 260),
            "OP_SERVICE_ACCOUNT_TOKEN"),
    "jwt": (jwt, "ACCESS_TOKEN"), "alibaba": (lambda r: "LT" + "AI5t" + alnum(r, 18), "ALIYUN_ACCESS_KEY_ID"),
    "datadog": (lambda r: hexes(r, 32), "DD_API_KEY"), "cloudflare": (lambda r: url64(r, 40), "CLOUDFLARE_API_TOKEN"),
    "generic-hex": (lambda r: hexes(r, r.choice([40, 48, 64])), "APP_SECRET_KEY"),
            "generic-base64": (lambda r: b64(r, 32), "SESSION_SECRET"),
    "generic-alnum": (lambda r: alnum(r, r.choice([24, 32, 40])), "PAYMENT_API_KEY"),
    "algolia": (lambda r: hexes(r, 32), "ALGOLIA_ADMIN_KEY"),
            "okta": (lambda r: "00" + url64(r, 40), "OKTA_API_TOKEN"),
    "pagerduty": (lambda r: "u+" + url64(r, 18), "PAGERDUTY_API_TOKEN"),
            "circleci": (lambda r: hexes(r, 40), "CIRCLE_TOKEN"),
    "snyk": (lambda r: "-".join(hexes(r, n) for n in (8, 4, 4, 4, 12)), "SNYK_TOKEN"),
    "rollbar": (lambda r: hexes(r, 32), "ROLLBAR_ACCESS_TOKEN"), "cohere": (lambda r: alnum(r, 40), "COHERE_API_KEY"),
    "mistral": (lambda r: alnum(r, 32), "MISTRAL_API_KEY")}
BLOCKS = {"private-key": key_block, "pgp-private-key": pgp_block}


# --- passwords of people ----------------------------------------------------------------------------------------

WORDS = ("tiger copper maple orbit winter silver rocket falcon harbor violet granite meadow pepper saturn "
         "lantern walnut").split()


def password(r, kind=None):
    """How people and generators write passwords: words with digits and signs, or random characters."""
    word, other = r.choice(WORDS), r.choice(WORDS)
    kind = kind or r.choice(["word", "words", "random", "leet", "season", "safe"])
    return {"word": lambda: word.capitalize() + pick(r, DIG, r.choice([2, 4])) + r.choice(["!", "#", "$", "", "@"]),
            "words": lambda: r.choice(["-", "_", "."]).join([word, other, pick(r, DIG, 3)]),
            "random": lambda: alnum(r, 10) + r.choice(["!", "#", "%", "&", "*", ""]) + alnum(r, 4),
            "leet": lambda: word.replace("e", "3").replace("o", "0").replace("i", "1").capitalize() + "$" + pick(r,
                    DIG, 3),
            "season": lambda: r.choice(["Summer", "Spring", "Welcome", "Autumn"]) + pick(r, "12", 1) + pick(r, DIG,
                    3) + r.choice(["!", "?", "#"]),
            "safe": lambda: alnum(r, 14)}[kind]()


def user(r):
    return r.choice(["admin", "root", "svc_backup", "jsmith", "app", "deploy", "sa", "postgres", "report.user",
            "m.weber"])


def host(r):
    return r.choice(["db.internal", "db-02.prod.local", "mail.example.org", "files.northwind.io",
            "cache-1.prod.local", "localhost", "srv04"])


def url_credentials(r):
    scheme = r.choice(["postgres", "postgresql", "mysql", "mongodb", "mongodb+srv", "redis", "amqp", "https", "ftp",
            "smtp"])
    tail = {"https": "/repo.git", "ftp": "/export/in.csv", "smtp": ":587"}.get(scheme,
            r.choice(["/main", ":5432/crm", "/0", "/app?ssl=true"]))
    where = r.choice(["db.internal", "mail.example.org", "files.northwind.io", "cache-1.prod.local",
            "git.example.com"])
    return f"{scheme}://{user(r)}:{password(r, 'safe') if r.random() < 0.5 else password(r, 'words')}@{where}{tail}"


def basic_auth(r):
    return base64.b64encode(f"{user(r)}:{password(r)}".encode()).decode()


MAKERS = {
    "PASSWORD": lambda r, v=None: password(r, v), "URL_CREDENTIALS": lambda r, v=None: url_credentials(r),
    "BASIC": lambda r, v=None: basic_auth(r),
    "SECRET": lambda r, v=None: (FAMILIES[v][0] if v in FAMILIES else BLOCKS[v])(r)}
# Words that are no secret by themselves: user names, hosts, digests.
FILLERS = {"user": lambda r, v: user(r), "host": lambda r, v: host(r), "hex": lambda r, v: hexes(r, int(v)),
           "sha256": lambda r, v: hashlib.sha256(str(r.random()).encode()).hexdigest(), "alnum": lambda r,
                   v: alnum(r, int(v)),
           "b64": lambda r, v: b64(r, int(v))}
