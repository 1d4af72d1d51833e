namespace CartRecovery.Engine.Journeys.Tracking;

/// <summary>
/// Recognises programs that open links. Mail gateways and previews fetch every link of a message within seconds of its arrival, mostly with
/// a user agent of their own. Their requests are not counted.
/// </summary>
public static class LinkScanners
{
    /// <summary>Minimum time from handing over a message to a click by a person (ms).</summary>
    public const long TooSoon = 2000;

    // A phone maker whose name contains "bot" and appears in its browsers' user agents.
    const string NoBot = "cubot";

    // Parts of user agents of mail gateways, link checkers, previews and HTTP libraries.
    static readonly string[] s_names =
    [
        "bot", "crawl", "spider", "scan", "preview", "barracuda", "mimecast", "proofpoint", "safelinks", "urldefense", "trendmicro", "fireeye", "symantec",
        "sophos", "forcepoint", "zscaler", "cloudmark", "slackbot", "whatsapp", "facebookexternalhit", "telegram", "skypeuripreview", "headless", "python",
        "curl", "wget", "java/", "go-http-client", "okhttp", "libwww", "apache-httpclient", "httpclient", "axios", "node-fetch", "ruby",
    ];

    /// <summary>Returns <see langword="true"/> if a program made the request.</summary>
    /// <param name="method">The request's method.</param>
    /// <param name="userAgent">The <c>User-Agent</c>; a missing one counts as a program.</param>
    /// <param name="purpose"><c>Sec-Purpose</c> or <c>Purpose</c>, which browsers send when they prefetch.</param>
    /// <param name="sinceSent">Time since the message was handed over (ms); <see langword="null"/> if unknown.</param>
    public static bool IsOne(string method, string? userAgent, string? purpose, long? sinceSent) =>
        method != "GET" || string.IsNullOrWhiteSpace(userAgent) || purpose?.Contains("prefetch", StringComparison.OrdinalIgnoreCase) == true
        || sinceSent < TooSoon || IsNamed(userAgent.Replace(NoBot, "", StringComparison.OrdinalIgnoreCase));

    static bool IsNamed(string userAgent) => Array.Exists(s_names, name => userAgent.Contains(name, StringComparison.OrdinalIgnoreCase));
}
