namespace CartRecovery.Engine.Journeys.Tracking;

/// <summary>
/// Tells programs that look at links from people who follow them: mail gateways and previews fetch every link of a message within seconds of its
/// arrival, mostly under names of their own. What they do counts as nothing.
/// </summary>
public static class LinkScanners
{
    /// <summary>Nobody has read a message and clicked in it so soon after it was handed over, in milliseconds.</summary>
    public const long TooSoon = 2000;

    // A maker of telephones, whose browsers say so.
    const string NoBot = "cubot";

    // Parts of the names of mail gateways, link checkers, previews and HTTP libraries.
    static readonly string[] s_names =
    [
        "bot", "crawl", "spider", "scan", "preview", "barracuda", "mimecast", "proofpoint", "safelinks", "urldefense", "trendmicro", "fireeye", "symantec",
        "sophos", "forcepoint", "zscaler", "cloudmark", "slackbot", "whatsapp", "facebookexternalhit", "telegram", "skypeuripreview", "headless", "python",
        "curl", "wget", "java/", "go-http-client", "okhttp", "libwww", "apache-httpclient", "httpclient", "axios", "node-fetch", "ruby",
    ];

    /// <summary>Whether it was a program.</summary>
    /// <param name="method">The request's method.</param>
    /// <param name="userAgent">The <c>User-Agent</c>; programs that do not say are taken to be programs.</param>
    /// <param name="purpose"><c>Sec-Purpose</c> or <c>Purpose</c>: a browser that fetches ahead says so.</param>
    /// <param name="sinceSent">How long after the message was handed over, in milliseconds; <see langword="null"/> where that is not known.</param>
    public static bool IsOne(string method, string? userAgent, string? purpose, long? sinceSent) =>
        method != "GET" || string.IsNullOrWhiteSpace(userAgent) || purpose?.Contains("prefetch", StringComparison.OrdinalIgnoreCase) == true
        || sinceSent < TooSoon || IsNamed(userAgent.Replace(NoBot, "", StringComparison.OrdinalIgnoreCase));

    static bool IsNamed(string userAgent) => Array.Exists(s_names, name => userAgent.Contains(name, StringComparison.OrdinalIgnoreCase));
}
