using System.Collections.Concurrent;
using CartRecovery.Contracts;
using CartRecovery.Plugins.TestKit;

namespace CartRecovery.Tests.Plugins;

/// <summary>The test kit detects the faults it is designed to detect.</summary>
[Parallelizable]
sealed class FaultySinkTests
{
    [Test]
    public async Task A_correct_sink_passes()
    {
        var report = await VerifyAsync("");
        Assert.That(report.Failures, Is.Empty);
        Assert.That(report.Checks.Count(check => !check.Skipped), Is.EqualTo(13), report.ToString());
        report.ThrowIfFailed();
    }

    [TestCase("opens in its factory", "the factory opens nothing: it opened")]
    [TestCase("accepts what it cannot work with", "the factory rejects bad settings with SinkConfigurationException: it accepted an invalid value of 'name'")]
    [TestCase("throws another exception", "an odd value of 'name' threw ArgumentException")]
    [TestCase("quotes a value", "quotes the value")]
    [TestCase("marks nothing", "each item is delivered and marked exactly once: item 0 of 10 was marked 0 times")]
    [TestCase("marks twice", "each item is delivered and marked exactly once: item 0 of 10 was marked 2 times")]
    [TestCase("sends twice", "was received 2 times")]
    [TestCase("passes no id", "a retry passes the same id: of two writes of the same intervention, 0 carried its id")]
    [TestCase("is not thread-safe", "concurrent writes are delivered")]
    [TestCase("ignores its token", "a write to a receiver that hangs ends when cancelled, undelivered: writing took more than")]
    [TestCase("delivers what failed", "a temporary failure is retried: item 0 was marked Delivered instead of Retry")]
    [TestCase("rejects what failed", "a temporary failure is retried: item 0 was marked Rejected instead of Retry")]
    [TestCase("forgets the wait", "the receiver asked to wait 7 s, the sink nothing")]
    [TestCase("retries rejected items", "a permanent rejection is not retried: item 0 was marked Retry instead of Rejected")]
    [TestCase("never recovers", "it does not deliver once the receiver accepts again")]
    [TestCase("disposes once", "disposing twice is harmless: disposing threw ObjectDisposedException")]
    [TestCase("reveals its secret", "no message contains a secret, no reason an address: an exception, a reason or the health shows 'key'")]
    [TestCase("reveals the address", "no message contains a secret, no reason an address: a reason shows the recipient's address")]
    public async Task Each_fault_is_detected(string fault, string failure)
    {
        var report = await VerifyAsync(fault);
        Assert.That(report.Failures, Has.Some.Contains(failure), report.ToString());
        Assert.That(report.ThrowIfFailed, Throws.InstanceOf<SinkContractException>().With.Message.Contains(failure));
    }

    static async Task<SinkContractReport> VerifyAsync(string fault)
    {
        await using var receiver = new Memory();
        return await SinkContract.VerifyAsync(FaultySink.Spec(receiver, fault), receiver, new SinkContractOptions
        {
            Deadline = TimeSpan.FromSeconds(2),
            InvalidSettings = [("name", "forbidden")],
        });
    }

    sealed class Memory : SinkReceiver
    {
        readonly ConcurrentQueue<string> _received = [];
        int _opened;

        public override IReadOnlyDictionary<string, OptionValue> Settings { get; } =
            new Dictionary<string, OptionValue>(StringComparer.Ordinal) { ["name"] = "memory", ["key"] = "open-sesame" };

        public override IReadOnlyList<ReceiverBehaviour> Behaviours => [.. Enum.GetValues<ReceiverBehaviour>().Except([ReceiverBehaviour.RefuseConnections])];

        public override int Opened => _opened;

        public override IReadOnlyList<string> Received => [.. _received];

        public ReceiverBehaviour Behaviour { get; private set; }

        public override ValueTask SetAsync(ReceiverBehaviour behaviour)
        {
            Behaviour = behaviour;
            return default;
        }

        public void Open() => _opened++;

        public void Receive(string text) => _received.Enqueue(text);
    }

    sealed class FaultySink(Memory receiver, string fault, Secret key) : ISink
    {
        int _writing;
        bool _failed;
        bool _disposed;

        public static SinkSpec Spec(Memory receiver, string fault) => new(
            "faulty",
            "For tests.",
            [SinkOption.Text("name", "A name.", required: true), SinkOption.Secret("key", "A key.")],
            settings =>
            {
                var name = settings.GetText("name");
                if (fault == "opens in its factory")
                {
                    receiver.Open();
                }

                if (fault == "throws another exception" && name == "{}")
                {
                    throw new ArgumentException(name);
                }

                if (fault == "quotes a value" && name == "http://[")
                {
                    throw new SinkConfigurationException("name", $"unknown name {name}");
                }

                if (name == "forbidden" && fault != "accepts what it cannot work with")
                {
                    throw SinkConfigurationException.Expected("name", "another name");
                }

                return new SinkInstance(new FaultySink(receiver, fault, settings.FindSecret("key") ?? new Secret("")),
                    _ => ValueTask.FromResult(new SinkHealth(true, "fine")));
            });

        public ValueTask ConnectAsync(CancellationToken cancellationToken)
        {
            receiver.Open();
            return default;
        }

        public async ValueTask WriteAsync(DeliveryBatch batch, CancellationToken cancellationToken)
        {
            if (receiver.Behaviour == ReceiverBehaviour.Hang)
            {
                await Task.Delay(Timeout.Infinite, fault == "ignores its token" ? CancellationToken.None : cancellationToken);
            }

            if (Interlocked.Increment(ref _writing) > 1 && fault == "is not thread-safe")
            {
                throw new InvalidOperationException("busy");
            }

            await Task.Delay(20, CancellationToken.None);
            for (var i = 0; i < batch.Items.Count; i++)
            {
                Write(batch, i);
            }

            Interlocked.Decrement(ref _writing);
        }

        public ValueTask DisposeAsync()
        {
            ObjectDisposedException.ThrowIf(_disposed && fault == "disposes once", this);
            _disposed = true;
            return default;
        }

        void Write(DeliveryBatch batch, int i)
        {
            var failing = receiver.Behaviour is ReceiverBehaviour.FailTemporarily or ReceiverBehaviour.Throttle || (_failed && fault == "never recovers");
            _failed |= failing;
            if (failing && fault == "delivers what failed")
            {
                batch.Deliver(i);
            }
            else if (failing && fault == "rejects what failed")
            {
                batch.Reject(i, "not now");
            }
            else if (failing)
            {
                batch.Retry(i, Reason(batch.Items[i]), receiver.Behaviour == ReceiverBehaviour.Throttle && fault != "forgets the wait" ? SinkReceiver.RetryAfter : null);
            }
            else if (receiver.Behaviour == ReceiverBehaviour.RejectPermanently && fault == "retries rejected items")
            {
                batch.Retry(i, "refused");
            }
            else if (receiver.Behaviour == ReceiverBehaviour.RejectPermanently)
            {
                batch.Reject(i, "refused");
            }
            else
            {
                Accept(batch, i);
            }
        }

        void Accept(DeliveryBatch batch, int i)
        {
            for (var times = fault == "sends twice" ? 2 : 1; times > 0; times--)
            {
                receiver.Receive(fault == "passes no id" ? "a cart" : batch.Items[i].Id);
            }

            for (var marks = fault switch { "marks nothing" => 0, "marks twice" => 2, _ => 1 }; marks > 0; marks--)
            {
                batch.Deliver(i);
            }
        }

        string Reason(Intervention item) => fault switch
        {
            "reveals its secret" => $"refused with {key.Reveal()}",
            "reveals the address" => $"refused {item.Recipient!.Email}",
            _ => "not now",
        };
    }
}
