using System.Buffers;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events.Shoppers;

namespace CartRecovery.Engine.Ingest.Bots;

/// <summary>
/// Recognises programs by what they say of themselves when they connect: their User-Agent, and a browser's <c>navigator.webdriver</c>.
/// Decided once for a connection or request. A program that lies is left to its timing: <see cref="State.Carts.BotTiming"/>.
/// </summary>
public static class BotDetector
{
    /// <summary>The query parameter by which the storefront client reports <c>navigator.webdriver</c>.</summary>
    public const string WebDriver = "webdriver";

    // Longer ones are cut: browsers send less than 300 characters.
    const int MaxAgent = 1024;

    static readonly SearchValues<string> s_driven = SearchValues.Create(
        ["HeadlessChrome", "PhantomJS", "Playwright", "Puppeteer", "Selenium", "SlimerJS", "Splash"], StringComparison.Ordinal);

    // Crawlers give an address for complaints after a plus sign; browsers send no address.
    static readonly SearchValues<string> s_declared = SearchValues.Create([.. Listed(), "+http"], StringComparison.Ordinal);

    /// <summary>Returns what a client's handshake or request says.</summary>
    /// <param name="key">The client's key. A server's events are never a bot's, whatever it calls itself.</param>
    /// <param name="userAgent">Its User-Agent; <see langword="null"/> or empty if it sent none, as apps and TCP clients do.</param>
    /// <param name="webDriver">The value of <see cref="WebDriver"/>; <see langword="null"/> if absent.</param>
    public static BotEvidence Of(StoreKey key, string? userAgent, string? webDriver)
    {
        if (key.Kind == KeyKind.Secret)
        {
            return BotEvidence.None;
        }

        var agent = userAgent.AsSpan();
        agent = agent[..Math.Min(agent.Length, MaxAgent)];
        return webDriver is "1" or "true" || agent.ContainsAny(s_driven) ? BotEvidence.Automated
            : agent.ContainsAny(s_declared) ? BotEvidence.Declared : BotEvidence.None;
    }

    static IEnumerable<string> Listed()
    {
        using var reader = new StreamReader(typeof(BotDetector).Assembly.GetManifestResourceStream("crawlers.txt")!);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                yield return line;
            }
        }
    }
}
