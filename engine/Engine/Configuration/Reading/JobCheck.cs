using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.Configuration.Learning;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Checks jobs, what they learn from, backups and where their notices go.</summary>
sealed class JobCheck(ConfigCheck check, ConfigCatalog catalog, ConfigLocations locations)
{
    const int MinBackupKey = 32;

    public void Run(CartRecoveryConfig config)
    {
        foreach (var (name, job) in config.Jobs)
        {
            if (catalog.Jobs.FirstOrDefault(definition => definition.Name == name) is not { } definition)
            {
                check.Report(locations.OfKey(config.Jobs, name), $"jobs: unknown job '{name}'{Suggestion.Hint(name, [.. catalog.Jobs.Select(known => known.Name)])}");
                continue;
            }

            Schedule(name, job, definition);
            if (definition.IsEssential && job.Paused == true)
            {
                check.Report(job, "paused", $"jobs.{name} cannot be paused: the engine cannot do without it");
            }
        }

        foreach (var period in config.Learning.Exclude.Where(period => LearningConfig.PeriodOf(period) is null))
        {
            check.Report(config.Learning, "exclude", $"learning.exclude: '{period}': expected FROM/TO, such as 2026-11-27T08:00:00Z/2026-11-27T20:00:00Z, with FROM before TO");
        }

        if (config.Backup.Key is { Length: < MinBackupKey })
        {
            check.Report(config.Backup, "key", $"backup.key must have at least {MinBackupKey} characters");
        }

        if (config.Control.Notices is { } notices && check.AreValid(config, "sinks"))
        {
            Receivers(config, notices, "control.notices", notices.Sink, notices.To is null ? [] : [notices.To]);
        }

        if (config.Reports is { } reports && check.AreValid(config, "sinks"))
        {
            Receivers(config, reports, "reports", reports.Sink, reports.To);
        }
    }

    void Schedule(string name, JobConfig job, JobDefinition definition)
    {
        if (!JobSchedule.TryParse(JobSchedule.Off, job.Timezone ?? "UTC", out _, out var problem))
        {
            check.Report(job, "timezone", $"jobs.{name}.timezone: {problem}");
        }
        else if (!JobSchedule.TryParse(job.Schedule ?? JobSchedule.Off, "UTC", out _, out problem))
        {
            check.Report(job, "schedule", $"jobs.{name}.schedule: {problem}");
        }
        else if (definition.IsEssential && job.Schedule == JobSchedule.Off)
        {
            check.Report(job, "schedule", $"jobs.{name} cannot be switched off: the engine cannot do without it");
        }
    }

    void Receivers(CartRecoveryConfig config, object section, string path, string name, IReadOnlyList<string> to)
    {
        List<string> sinks = [.. locations.KeysOf(config.Sinks)];
        if (!sinks.Contains(name))
        {
            check.Report(section, "sink", $"{path}.sink: unknown sink '{name}'{Suggestion.Hint(name, sinks)}");
            return;
        }

        var kind = config.Sinks.TryGetValue(name, out var sink) ? catalog.FindSink(sink.Type)?.Address : null;
        if (kind is AddressKind.Phone or AddressKind.Push)
        {
            check.Report(section, "sink", $"{path}.sink: the sink '{name}' sends to telephones and devices; name one of another type, such as email or webhook");
        }
        else if (kind is AddressKind.Email && (to.Count == 0 || to.Any(address => !User.IsEmail(address))))
        {
            check.Report(section, "to", $"{path}.to must be an e-mail address, because the sink '{name}' sends e-mails");
        }
        else if (kind is AddressKind.None && to.Count > 0)
        {
            check.Report(section, "to", $"{path}.to has no effect: the sink '{name}' sends no e-mails; remove it");
        }
    }
}
