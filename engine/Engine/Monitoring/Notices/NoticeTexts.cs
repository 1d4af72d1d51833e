namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>The settings of integrations that are texts for people: templates may write them.</summary>
static class NoticeTexts
{
    /// <summary>The subject of an e-mail.</summary>
    public const string Subject = "headers.Subject";

    /// <summary>The settings of a kind, by their paths.</summary>
    public static IReadOnlyList<string> Of(string kind) => kind switch
    {
        "slack" => ["title", "text", "fallback"],
        "email" => [Subject, "text"],
        "pagerduty" => ["description"],
        "opsgenie" => ["message", "description"],
        "sms" => ["text"],
        "sink" => [Subject, "text"],
        _ => [],
    };
}
