using System.Net;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Ingest.Access;

/// <summary>What is counted and logged of rejected keys.</summary>
public sealed class AccessRejectionsTests
{
    ManualTime _time = null!;
    LogLines _log = null!;
    AccessRejections _rejections = null!;

    IReadOnlyList<string> Lines => _log.AtLeast(LogLevel.Warning);

    [SetUp]
    public void Create()
    {
        (_time, _log) = (new ManualTime(0), new LogLines());
        _rejections = new AccessRejections(_time, _log);
    }

    [TearDown]
    public void Close() => _log.Dispose();

    [Test]
    public void Each_code_and_address_has_one_line_in_a_minute()
    {
        for (var i = 0; i < 100; i++)
        {
            _rejections.Add(Authenticator.UnknownKey, IPAddress.Parse("192.0.2.1"), "http");
            _rejections.Add(Authenticator.MissingKey, IPAddress.Parse("192.0.2.1"), "http");
            _rejections.Add(Authenticator.UnknownKey, IPAddress.Parse("192.0.2.2"), "stream");
        }

        Assert.That(Lines, Is.EqualTo(new[]
        {
            "Refused a key: unknown_key, from 192.0.2.1 on the http port", "Refused a key: missing_key, from 192.0.2.1 on the http port",
            "Refused a key: unknown_key, from 192.0.2.2 on the stream port",
        }));
        Assert.That((_rejections.CountOf("unknown_key"), _rejections.CountOf("missing_key"), _rejections.CountOf("loopback_only")), Is.EqualTo((200, 100, 0)));
    }

    [Test]
    public void A_problem_of_another_kind_counts_as_other()
    {
        _rejections.Add(new HttpProblem(401, "new_code", "New."), address: null, "http");

        Assert.That(_rejections.CountOf("other"), Is.EqualTo(1));
        Assert.That(Lines, Has.One.Contain("new_code"));
    }

    [Test]
    public void A_flood_from_many_addresses_costs_a_bounded_number_of_lines()
    {
        for (var i = 0; i < 10_000; i++)
        {
            _rejections.Add(Authenticator.UnknownKey, new IPAddress(i), "http");
        }

        Assert.That(Lines, Has.Count.EqualTo(AccessRejections.MaxLines));

        _time.Advance(TimeSpan.FromMinutes(1));
        _rejections.Add(Authenticator.UnknownKey, IPAddress.Loopback, "http");

        Assert.That(Lines.Skip(AccessRejections.MaxLines), Is.EqualTo(new[]
        {
            $"Refused {10_000 - AccessRejections.MaxLines} more keys since: unknown_key", "Refused a key: unknown_key, from 127.0.0.1 on the http port",
        }));
    }
}
