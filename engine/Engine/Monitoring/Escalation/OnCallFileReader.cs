using System.Globalization;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;

namespace CartRecovery.Engine.Monitoring.Escalation;

/// <summary>Reads who is on call and whom alerts escalate to. Reports all problems at once.</summary>
public sealed class OnCallFileReader
{
    readonly ConfigProblems _problems;
    readonly IReadOnlyCollection<string> _receivers;
    readonly Dictionary<string, string> _people = new(StringComparer.Ordinal);
    readonly Dictionary<string, OnCallSchedule> _schedules = new(StringComparer.Ordinal);

    OnCallFileReader(string file, IReadOnlyCollection<string> receivers) => (_problems, _receivers) = (new ConfigProblems(file), receivers);

    /// <summary>Reads the text of a file. Never throws because of it.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">The name that problems give it.</param>
    /// <param name="receivers">The names of the receivers that it may use.</param>
    public static OnCallFile Parse(string text, string file, IReadOnlyCollection<string> receivers) => new OnCallFileReader(file, receivers).Read(text);

    OnCallFile Read(string text)
    {
        List<EscalationPolicy> policies = [];
        if (YamlTree.Parse(text, _problems) is { } root && YamlFields.Of(root, "a file of schedules", _problems) is { } fields)
        {
            foreach (var person in Maps(fields, "people"))
            {
                var name = person.Required("name", "a person");
                if (!_people.TryAdd(name, Receiver(person.Required("receiver", "a person"), person.Where("receiver"))))
                {
                    _problems.Add(person.Where("name"), $"duplicate person \"{name}\"");
                }

                person.ReportUnknown("a person");
            }

            foreach (var schedule in Maps(fields, "schedules").Select(Schedule).ToList())
            {
                _schedules[schedule.Name] = schedule;
            }

            policies.AddRange(Maps(fields, "escalations").Select(Policy));
            fields.ReportUnknown("a file of schedules");
        }

        var problems = _problems.Sorted();
        return new OnCallFile(problems.Count > 0 ? null : new OnCallConfig { People = _people, Schedules = _schedules, Policies = policies }, problems);
    }

    OnCallSchedule Schedule(YamlFields fields)
    {
        var zone = TimeZoneInfo.Utc;
        if (fields.Text("time_zone") is { } name && !TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone))
        {
            _problems.Add(fields.Where("time_zone"), $"time_zone: no time zone \"{name}\"");
        }

        zone ??= TimeZoneInfo.Utc;
        List<OnCallLayer> layers = [.. Maps(fields, "layers").Select(layer => Layer(layer, zone))];
        List<OnCallOverride> overrides = [];
        foreach (var item in Maps(fields, "overrides"))
        {
            var one = new OnCallOverride(Zoned(item, "from", zone), Zoned(item, "to", zone), Person(item.Required("person", "an override"), item.Where("person")));
            if (one.To <= one.From)
            {
                _problems.Add(item.Where("to"), "to must be after from");
            }

            item.ReportUnknown("an override");
            overrides.Add(one);
        }

        var schedule = new OnCallSchedule(fields.Required("name", "a schedule"), zone, layers, overrides);
        if (layers.Count == 0)
        {
            _problems.Add(fields.At, "a schedule needs 'layers'");
        }

        fields.ReportUnknown("a schedule");
        return schedule;
    }

    OnCallLayer Layer(YamlFields fields, TimeZoneInfo zone)
    {
        var every = TimeSpan.FromMilliseconds(fields.Duration("every", (long)TimeSpan.FromDays(7).TotalMilliseconds));
        if (every < TimeSpan.FromHours(1))
        {
            _problems.Add(fields.Where("every"), "every: at least 1h");
            every = TimeSpan.FromHours(1);
        }

        string[] people = [.. fields.Texts("people").Select(name => Person(name, fields.Where("people")))];
        if (people.Length == 0)
        {
            _problems.Add(fields.At, "a layer needs 'people'");
        }

        List<NoticeInterval> times = [];
        foreach (var item in Maps(fields, "times"))
        {
            var interval = NoticeIntervalReader.Read(item, _problems);
            times.Add(item.Text("location") is null ? interval with { Zone = zone } : interval);
        }

        var layer = new OnCallLayer(Local(fields, "start"), every, people, times);
        fields.ReportUnknown("a layer");
        return layer;
    }

    EscalationPolicy Policy(YamlFields fields)
    {
        List<LabelMatcher> matchers = [];
        foreach (var text in fields.Texts("matchers"))
        {
            try
            {
                matchers.AddRange(NoticeMatchers.Parse(text));
            }
            catch (FormatException e)
            {
                _problems.Add(fields.Where("matchers"), e.Message);
            }
        }

        List<EscalationLevel> levels = [];
        foreach (var item in Maps(fields, "levels"))
        {
            string[] schedules = [.. item.Texts("schedules")];
            foreach (var unknown in schedules.Where(name => !_schedules.ContainsKey(name)))
            {
                _problems.Add(item.Where("schedules"), $"undefined schedule \"{unknown}\"");
            }

            levels.Add(new EscalationLevel(item.Duration("after", 0), schedules, [.. item.Texts("receivers").Select(name => Receiver(name, item.Where("receivers")))]));
            if (schedules.Length + levels[^1].Receivers.Count == 0)
            {
                _problems.Add(item.At, "a level needs 'schedules' or 'receivers'");
            }

            item.ReportUnknown("a level");
        }

        if (levels.Count is 0 or > 10)
        {
            _problems.Add(fields.At, "an escalation has 1 to 10 'levels'");
        }

        var policy = new EscalationPolicy(fields.Required("name", "an escalation"), matchers, [.. levels.OrderBy(level => level.After)]);
        fields.ReportUnknown("an escalation");
        return policy;
    }

    string Receiver(string name, SourceLocation at)
    {
        if (!_receivers.Contains(name))
        {
            _problems.Add(at, $"undefined receiver \"{name}\": the routing file has {string.Join(", ", _receivers)}");
        }

        return name;
    }

    string Person(string name, SourceLocation at)
    {
        if (!_people.ContainsKey(name))
        {
            _problems.Add(at, $"undefined person \"{name}\"");
        }

        return name;
    }

    // A local time that clocks skip is an hour later.
    DateTimeOffset Zoned(YamlFields fields, string key, TimeZoneInfo zone)
    {
        var local = Local(fields, key);
        local = zone.IsInvalidTime(local) ? local.AddHours(1) : local;
        return new DateTimeOffset(local, zone.GetUtcOffset(local));
    }

    DateTime Local(YamlFields fields, string key)
    {
        var text = fields.Required(key, "a schedule");
        if (DateTime.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd HH:mm", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            return time;
        }

        _problems.Add(fields.Where(key), $"{key}: expected a local time such as 2026-01-05T09:00, got \"{text}\"");
        return DateTime.UnixEpoch;
    }

    IEnumerable<YamlFields> Maps(YamlFields fields, string key) => fields.List(key).Select(item => YamlFields.Of(item, $"an item of {key}", _problems)).OfType<YamlFields>();
}
