using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Messages;
using CartRecovery.Host.Api.Storefront;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Campaigns;

/// <summary>
/// Writes a campaign as a page for marketers: the cart, and every message with each choice of its offer. The page runs no scripts and loads
/// only pictures. E-mails are shown in sandboxed frames with their own styles; the policy permits each style by its hash.
/// </summary>
static partial class PreviewPage
{
    /// <summary>Maximum number of messages on a page.</summary>
    public const int MaxMessages = 64;

    // Bounds the header to a size that browsers and proxies accept. Further styles are not applied.
    const int MaxStyles = 100;

    static readonly string s_style = WebAsset.Read("preview.css").ReplaceLineEndings("\n");

    // Rendered like a message: escaped, with amounts in the store's locale.
    static readonly MessageTemplate s_cart = MessageTemplate.Compile("""
        <table><thead><tr><th>Product</th><th>Quantity</th><th>Total</th></tr></thead><tbody>
        {% for line in cart.lines %}<tr><td>{% if line.name == '' %}Other products{% else %}{{ line.name }}{% endif %}</td><td>{{ line.quantity }}</td><td>{{ line.total | money }}</td></tr>{% endfor %}
        </tbody><tfoot><tr><th>{{ cart.item_count | pluralize: 'item', 'items' }}</th><td>{{ cart.item_count }}</td><td>{{ cart.total | money }}</td></tr></tfoot></table>
        """, MessageFormat.Html);

    /// <summary>Writes the page.</summary>
    /// <param name="context">The request.</param>
    /// <param name="campaign">The campaign.</param>
    /// <param name="store">The store.</param>
    /// <param name="cartId">The cart to show; <see langword="null"/> for a sample.</param>
    /// <param name="messages">The messages, by variant and step.</param>
    public static Task WriteAsync(HttpContext context, Campaign campaign, Store store, string? cartId, IReadOnlyList<PreparedPreview> messages)
    {
        var styles = new HashSet<string>(StringComparer.Ordinal);
        var body = new StringBuilder();
        var isPaused = campaign.IsPausedIn(store.Number);
        body.Append(CultureInfo.InvariantCulture, $"""
            <header><p class="kicker">Preview for {Text(store.Name ?? store.Id)}</p><h1>{Text(campaign.Name)}</h1>
            <p>Starts on: {Text(campaign.Rule)} <span class="state {(isPaused ? "paused" : "active")}">{(isPaused ? "paused" : "active")}</span></p></header>
            """);
        AppendCart(body, cartId, messages);
        foreach (var variant in campaign.Variants)
        {
            var shown = messages.Where(message => message.Variant == variant.Name).ToArray();
            if (campaign.Variants.Count > 1)
            {
                body.Append(CultureInfo.InvariantCulture, $"""<h2>Variant {Text(variant.Name)} <small>{Share(variant, campaign)}</small></h2>""");
            }

            if (variant.Steps.Count == 0)
            {
                body.Append("<p class=\"note\">No messages: a control group.</p>");
            }

            foreach (var step in shown.GroupBy(message => message.Prepared.Message.Step))
            {
                var first = step.First().Prepared;
                body.Append(CultureInfo.InvariantCulture, $"""
                    <section><h3>{step.Key}. {Text(ChannelOf(first.Step.Channel))} <small>{When(first.Step.Wait, step.Key, campaign)}{(step.Count() > 1 ? "; the engine learns which offer earns most" : "")}</small></h3><div class="choices">
                    """);
                foreach (var message in step)
                {
                    AppendMessage(body, message, styles);
                }

                body.Append("</div></section>");
            }
        }

        AppendTest(body, campaign, store);
        context.Response.Headers.ContentSecurityPolicy = PolicyOf(styles);
        return ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, "text/html; charset=utf-8", Encoding.UTF8.GetBytes($"""
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex"><meta name="color-scheme" content="light"><title>{Text(campaign.Name)}: preview</title><style>{s_style}</style></head>
            <body><main>{body}</main></body></html>
            """));
    }

    static void AppendCart(StringBuilder body, string? cartId, IReadOnlyList<PreparedPreview> messages)
    {
        if (messages.Count == 0)
        {
            return;
        }

        body.Append(CultureInfo.InvariantCulture, $"""
            <section class="cart"><h2>{(cartId is null ? "A sample cart" : $"Cart {Text(cartId)}")}</h2>{s_cart.Render(messages[0].Prepared.Values)}
            {(cartId is null ? "<p class=\"note\">Name a real one with <code>cartId</code> to see its products.</p>" : "")}</section>
            """);
    }

    static void AppendMessage(StringBuilder body, PreparedPreview preview, HashSet<string> styles)
    {
        var offer = preview.Offer.Action == ActionKind.Discount
            ? string.Create(CultureInfo.InvariantCulture, $"{preview.Offer.DiscountPercent:0.##}% off") : preview.Offer.Action.ToString();
        var code = preview.Prepared.Values.Code is { } text ? $" <code>{Text(text)}</code>{(preview.Offer.Codes is null ? "" : " (an example: each message has its own)")}" : "";
        body.Append(CultureInfo.InvariantCulture, $"""<article><h4>{offer}{code}</h4>""");
        var rendered = preview.Prepared.RenderPreview();
        if (rendered.Subject is { } subject)
        {
            body.Append(CultureInfo.InvariantCulture, $"""<p class="subject">{Text(subject)}</p>""");
        }

        if (rendered.Html is { } html)
        {
            // A preview must not count as opened, so it has no tracking pixel.
            html = html[..^preview.Prepared.Pixel.Length];
            AddStyles(styles, html);
            body.Append(CultureInfo.InvariantCulture, $"""<iframe sandbox title="The mail" srcdoc="{Text(html)}"></iframe><details><summary>As plain text</summary><pre>{Text(rendered.Message)}</pre></details>""");
        }
        else
        {
            body.Append(CultureInfo.InvariantCulture, $"""<pre class="bubble">{Text(rendered.Message)}</pre>""");
        }

        body.Append("</article>");
    }

    static void AppendTest(StringBuilder body, Campaign campaign, Store store)
    {
        body.Append("<section class=\"test\"><h2>Send yourself a test</h2>");
        if (store.Staff.Count == 0)
        {
            body.Append("<p>Name your colleagues' addresses in the store's <code>staff</code> in the configuration. Tests can only be sent to them.</p>");
        }
        else
        {
            body.Append(CultureInfo.InvariantCulture, $$"""
                <p>To {{string.Join(", ", store.Staff.Select(address => $"<code>{Text(address)}</code>"))}}. Its links record nothing, and unsubscribe nobody.</p>
                <pre>curl -H "X-Api-Key: $SK" -H "Content-Type: application/json" \
                  -d '{"to":"{{Text(store.Staff[0])}}","step":{{StepToTest(campaign)}}}' \
                  $ENGINE/v1/campaigns/{{Text(Uri.EscapeDataString(campaign.Name))}}/test</pre>
                """);
        }

        body.Append("</section>");
    }

    // The first step of the default variant whose channel has addresses.
    static int StepToTest(Campaign campaign)
    {
        var steps = campaign.Variants.FirstOrDefault(variant => variant.Steps.Count > 0)?.Steps ?? [];
        var onPage = steps.TakeWhile(step => step.Channel == Campaign.SocketChannel).Count();
        return onPage < steps.Count ? onPage + 1 : 1;
    }

    static void AddStyles(HashSet<string> styles, string html)
    {
        foreach (Match match in Style().Matches(html))
        {
            var text = match.Groups["block"] is { Success: true, Value: var block } ? block : WebUtility.HtmlDecode(match.Groups["text"].Value);
            if (styles.Count < MaxStyles)
            {
                styles.Add(SecurityHeaders.HashOf(text));
            }
        }
    }

    static string PolicyOf(HashSet<string> styles) =>
        $"default-src 'none'; style-src '{SecurityHeaders.HashOf(s_style)}'{(styles.Count == 0 ? "" : " 'unsafe-hashes'")}{string.Concat(styles.Select(hash => $" '{hash}'"))}; "
        + "img-src http: https: data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

    static string ChannelOf(string channel) => channel == Campaign.SocketChannel ? "On the shop's page" : channel;

    static string When(long wait, int step, Campaign campaign) => wait == 0
        ? step == 1 ? "at once" : "right after the one before"
        : $"{DurationText(wait)} {(step == 1 ? campaign.Trigger == TriggerKind.Idle ? "later" : "after it" : "after the one before")}";

    static string DurationText(long milliseconds)
    {
        var time = TimeSpan.FromMilliseconds(milliseconds);
        var (count, unit) = time.TotalDays >= 1 && time.Hours == 0 ? (time.TotalDays, "day") : time.TotalHours >= 1 && time.Minutes == 0 ? (time.TotalHours, "hour")
            : time.TotalMinutes >= 1 ? (time.TotalMinutes, "minute") : (time.TotalSeconds, "second");
        return string.Create(CultureInfo.InvariantCulture, $"{count:0.#} {unit}{(Math.Round(count, 1) == 1 ? "" : "s")}");
    }

    static string Share(CampaignVariant variant, Campaign campaign) =>
        string.Create(CultureInfo.InvariantCulture, $"{100.0 * variant.Weight / campaign.Variants.Sum(v => v.Weight):0.#}% of the shoppers");

    static string Text(string text) => WebUtility.HtmlEncode(text);

    // May match too much in odd markup. That permits a style that does not occur, which is harmless.
    [GeneratedRegex("<style[^>]*>(?<block>.*?)</style>|\\sstyle\\s*=\\s*(?:\"(?<text>[^\"]*)\"|'(?<text>[^']*)')", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Style();
}

/// <summary>A message of a preview.</summary>
/// <param name="Variant">The variant's name.</param>
/// <param name="Offer">The offer.</param>
/// <param name="Prepared">The message.</param>
sealed record PreparedPreview(string Variant, Offer Offer, PreparedMessage Prepared);
