using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Monitoring.Notices;

namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>Makes the channels of a configuration's receivers.</summary>
/// <param name="sinks">The sinks that may be named, for e-mails and text messages.</param>
/// <param name="externalUrl">The address of this engine, for links; may be empty.</param>
/// <param name="time">The clock.</param>
public sealed class NoticeChannels(IReadOnlyList<SinkFactory> sinks, string externalUrl, TimeProvider time)
{
    /// <summary>Makes the channels, by the keys of their integrations.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="file">Its file, as it appears in problems; the paths in it are relative to its folder.</param>
    /// <param name="problems">Receives what cannot work; if there are any, the channels are of no use.</param>
    public IReadOnlyDictionary<string, INoticeChannel> Create(AlertmanagerConfig config, string file, out IReadOnlyList<ConfigProblem> problems)
    {
        var found = new ConfigProblems(file);
        var folder = Path.GetDirectoryName(Path.GetFullPath(file)) ?? Environment.CurrentDirectory;
        Dictionary<string, INoticeChannel> channels = new(StringComparer.Ordinal);
        foreach (var integration in config.Receivers.Values.SelectMany(receiver => receiver.Integrations))
        {
            try
            {
                channels[integration.Key] = Create(integration, new ChannelSettings(integration, config.Global, folder, new NoticeWording(integration, config.Templates, externalUrl)));
            }
            catch (Exception e) when (e is ChannelException or SinkConfigurationException)
            {
                found.Add(integration.At, e.Message);
            }
        }

        problems = found.Sorted();
        return channels;
    }

    INoticeChannel Create(NoticeIntegration integration, ChannelSettings settings) => integration.Kind switch
    {
        "webhook" => new WebhookChannel(settings, externalUrl, time),
        "slack" => new SlackChannel(settings, time),
        "pagerduty" => new PagerDutyChannel(settings, externalUrl, time),
        "opsgenie" => new OpsgenieChannel(settings, time),
        "email" => OfSink(settings, AddressKind.Email, to => new Recipient(Email: to), isShort: false),
        "sink" => OfAnySink(settings),
        "sms" => OfSink(settings, AddressKind.Phone, to => new Recipient(Phone: to), isShort: true),
        _ => throw new ChannelException($"{integration.Kind}_configs: there is no such sink here"),
    };

    SinkChannel OfAnySink(ChannelSettings settings)
    {
        var name = settings.Find("sink") ?? throw new ChannelException("sink_configs needs 'sink', a name under 'sinks'");
        var sink = sinks.FirstOrDefault(sink => sink.Name == name) ?? throw new ChannelException($"sink_configs: sink: there is no sink \"{name}\" under 'sinks'");
        var to = settings.Find("to");
        Recipient? recipient = sink.Address switch
        {
            AddressKind.None => null,
            _ when to is null => throw new ChannelException($"sink_configs: the sink \"{name}\" needs 'to'"),
            AddressKind.Email => new Recipient(Email: to),
            AddressKind.Phone => new Recipient(Phone: to),
            _ => new Recipient(PushToken: to),
        };
        return new SinkChannel(sink.Create(), sink.Name, recipient, sink.Address is AddressKind.Phone or AddressKind.Push, settings.Wording, time);
    }

    SinkChannel OfSink(ChannelSettings settings, AddressKind address, Func<string, Recipient> recipient, bool isShort)
    {
        var to = settings.Find("to") ?? throw new ChannelException($"{settings.Kind}_configs needs 'to'");
        var name = settings.Find("sink");
        var sink = name is null ? sinks.FirstOrDefault(sink => sink.Address == address) : sinks.FirstOrDefault(sink => sink.Name == name && sink.Address == address);
        return sink is not null ? new SinkChannel(sink.Create(), sink.Name, recipient(to), isShort, settings.Wording, time)
            : throw new ChannelException(name is null ? $"{settings.Kind}_configs: the configuration has no sink of type {settings.Kind}: add one under 'sinks'"
                : $"{settings.Kind}_configs: sink: there is no sink \"{name}\" of type {settings.Kind} under 'sinks'");
    }
}
