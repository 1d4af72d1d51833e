using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Checks jobs, backups and where their notices go.</summary>
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

        if (config.Backup.Key is { Length: < MinBackupKey })
        {
            check.Report(config.Backup, "key", $"backup.key must have at least {MinBackupKey} characters");
        }

        if (config.Control.Notices is { } notices && check.AreValid(config, "sinks"))
        {
            Notices(config, notices);
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

    void Notices(CartRecoveryConfig config, NoticesConfig notices)
    {
        List<string> sinks = [.. locations.KeysOf(config.Sinks)];
        if (!sinks.Contains(notices.Sink))
        {
            check.Report(notices, "sink", $"control.notices.sink: unknown sink '{notices.Sink}'{Suggestion.Hint(notices.Sink, sinks)}");
            return;
        }

        var address = config.Sinks.TryGetValue(notices.Sink, out var sink) ? catalog.FindSink(sink.Type)?.Address : null;
        if (address is AddressKind.Phone or AddressKind.Push)
        {
            check.Report(notices, "sink", $"control.notices.sink: the sink '{notices.Sink}' sends to telephones and devices; name one of another type, such as email or webhook");
        }
        else if (address is AddressKind.Email && (notices.To is not { } to || !User.IsEmail(to)))
        {
            check.Report(notices, "to", $"control.notices.to must be an e-mail address, because the sink '{notices.Sink}' sends e-mails");
        }
        else if (address is AddressKind.None && notices.To is not null)
        {
            check.Report(notices, "to", $"control.notices.to has no effect: the sink '{notices.Sink}' sends no e-mails; remove it");
        }
    }
}
