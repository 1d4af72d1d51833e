namespace CartRecovery.Tests.Configuration.Control;

/// <summary>The check of jobs and of where their notices go.</summary>
public sealed class JobConfigTests
{
    [TestCase("report: { schedule: \"0 5 * * 1-5\", timezone: Europe/Amsterdam, timeout: 5m, missed: skip, retries: 0, paused: true }", null)]
    [TestCase("report: { schedule: off }", null)]
    [TestCase("reprot: { paused: true }", "6:9: error: jobs: unknown job 'reprot', did you mean 'report'?")]
    [TestCase("report: { schedule: \"5 * *\" }", "6:29: error: jobs.report.schedule: expected five cron fields")]
    [TestCase("report: { timezone: Mars }", "6:29: error: jobs.report.timezone: unknown time zone 'Mars'")]
    [TestCase("report: { timeout: 2d }", "jobs.report.timeout")]
    [TestCase("report: { retries: 11 }", "jobs.report.retries")]
    [TestCase("report: { missed: never }", "jobs.report.missed")]
    [TestCase("upkeep: { paused: true }", "jobs.upkeep cannot be paused")]
    [TestCase("upkeep: { schedule: off }", "jobs.upkeep cannot be switched off")]
    public void A_jobs_settings_are_checked_with_their_places(string job, string? problem) =>
        Assert.That(ConfigFile.ProblemsOf($"jobs: {{ {job} }}\n"), problem is null ? Is.Empty : Has.One.Contain(problem));

    [TestCase("{ to: /mnt/backups, key: \"01234567890123456789012345678901\", keep: 3, keepFor: 30d }", null)]
    [TestCase("{ to: /mnt/backups, key: short }", "6:34: error: backup.key must have at least 32 characters")]
    [TestCase("{ keep: 0 }", "backup.keep")]
    public void Backups_have_a_key_that_cannot_be_guessed(string backup, string? problem) =>
        Assert.That(ConfigFile.ProblemsOf($"backup: {backup}\n"), problem is null ? Is.Empty : Has.One.Contain(problem));

    [TestCase("{ sink: post, to: ops@shop.example }", null)]
    [TestCase("{ sink: log }", null)]
    [TestCase("{ sink: post }", "control.notices.to must be an e-mail address")]
    [TestCase("{ sink: post, to: ops }", "control.notices.to must be an e-mail address")]
    [TestCase("{ sink: log, to: ops@shop.example }", "control.notices.to has no effect")]
    [TestCase("{ sink: lgo }", "control.notices.sink: unknown sink 'lgo'")]
    public void Notices_go_to_a_sink_that_can_take_them(string notices, string? problem) => Assert.That(
        ConfigFile.ProblemsOf($"control: {{ notices: {notices} }}\nsinks: {{ post: {{ type: mail }}, log: {{ type: file, path: a }} }}\n"),
        problem is null ? Is.Empty : Has.One.Contain(problem));
}
