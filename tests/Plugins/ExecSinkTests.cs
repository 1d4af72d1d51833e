using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Plugins;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class ExecSinkTests
{
    readonly string _folder = Directory.CreateTempSubdirectory("cartrecovery exec ").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task The_READMEs_program_delivers()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "plugins", "README.md"));
        var code = readme.Split("```python\n")[1].Split("```")[0];
        var batch = await WriteAsync(Python(code), Interventions.Many(5));
        Assert.That(Outcomes(batch), Is.All.EqualTo(DeliveryOutcome.Delivered));
    }

    [Test]
    public async Task Items_are_answered_by_id_in_any_order()
    {
        var batch = await WriteAsync(Python("""
            import json, sys
            items = [json.loads(sys.stdin.readline())["intervention"] for _ in range(4)]
            outcomes = ["delivered", "retry", "rejected", "bounced"]
            for item, outcome in reversed(list(zip(items, outcomes))):
                print(json.dumps({"id": item["id"], "outcome": outcome, "reason": item["action"], "after": 5}), flush=True)
            sys.stdin.read()
            """), Interventions.Many(4));
        Assert.That(Enumerable.Range(0, 4).Select(batch.VerdictOf), Is.EqualTo(new[]
        {
            DeliveryVerdict.Delivered,
            new DeliveryVerdict(DeliveryOutcome.Retry, "discount", TimeSpan.FromSeconds(5)),
            new DeliveryVerdict(DeliveryOutcome.Rejected, "urgency", null),
            new DeliveryVerdict(DeliveryOutcome.Bounced, "reminder", null),
        }));
    }

    [Test]
    public async Task Lines_that_are_not_answers_are_ignored()
    {
        var instance = Create(Python("""
            import json, sys
            for line in sys.stdin:
                for garbage in ["", "loading model...", "{}", "[1]", "null", '{"id":5}', '{"id":"iv_x","outcome":"delivered"}']:
                    print(garbage)
                id = json.loads(line)["intervention"]["id"]
                print(json.dumps({"id": id, "outcome": "perhaps"}))
                print(json.dumps({"id": id, "outcome": "delivered"}), flush=True)
                print("bye", flush=True)
            """));
        await using var sink = instance.Sink;
        var batch = new DeliveryBatch(Interventions.Many(3));
        await sink.ConnectAsync(default);
        await sink.WriteAsync(batch, default).AsTask().WaitAsync(Eventually.Deadline);
        Assert.That(Outcomes(batch), Is.All.EqualTo(DeliveryOutcome.Delivered));
        await Eventually.Is(() => Health(instance) == new SinkHealth(true, "running; its last 1 lines were not answers"), "it is reported");
    }

    [TestCase("import sys; sys.exit(3)", "the program ended with code 3")]
    [TestCase("import sys; sys.stdin.readline(); sys.exit('no such shop')", "the program ended with code 1: no such shop")]
    [TestCase("import os, sys; sys.stdin.readline(); os.close(1); sys.stdin.read()", "the program closed its output")]
    [TestCase("import os; os.close(0); import time; time.sleep(60)", "the program closed its input")]
    [TestCase("print('x' * 70000, flush=True); import time; time.sleep(60)", "the program wrote a line longer than 64 KB")]
    [TestCase("while True: print('garbage')", "the program keeps writing lines that are not answers")]
    public async Task A_program_that_exits_or_writes_garbage_is_restarted(string code, string how)
    {
        var instance = Create(Python($"""
            import os
            if not os.path.exists("{_folder}/begun"):
                open("{_folder}/begun", "w").close()
                {code}
            else:
                import json, sys
                for line in sys.stdin:
                    print(json.dumps(dict(id=json.loads(line)["intervention"]["id"], outcome="delivered")), flush=True)
            """));
        await using var sink = instance.Sink;
        await sink.ConnectAsync(default);
        // More than a pipe's capacity.
        var batch = new DeliveryBatch([.. Interventions.Many(40).Select(item => item with { Html = new string('h', 4000) })]);
        Assert.That(async () => await sink.WriteAsync(batch, default).AsTask().WaitAsync(Eventually.Deadline), Throws.InstanceOf<IOException>());
        Assert.That(Health(instance).Healthy, Is.False);
        Assert.That(Health(instance).Detail, Does.StartWith(how).Or.StartWith("the program closed its input"));
        await sink.ConnectAsync(default);
        await sink.WriteAsync(batch, default).AsTask().WaitAsync(Eventually.Deadline);
        Assert.That(Outcomes(batch), Is.All.EqualTo(DeliveryOutcome.Delivered));
    }

    [Test]
    public async Task Answers_before_an_exit_count()
    {
        await using var sink = Create(Python("""
            import json, sys
            for line in sys.stdin:
                print(json.dumps({"id": json.loads(line)["intervention"]["id"], "outcome": "delivered"}), flush=True)
                break
            """)).Sink;
        await sink.ConnectAsync(default);
        var batch = new DeliveryBatch(Interventions.Many(2));
        Assert.That(async () => await sink.WriteAsync(batch, default).AsTask().WaitAsync(Eventually.Deadline), Throws.InstanceOf<IOException>());
        Assert.That(Outcomes(batch), Is.EqualTo(new DeliveryOutcome?[] { DeliveryOutcome.Delivered, null }));
    }

    [Test]
    public async Task A_hanging_program_is_killed_with_its_children()
    {
        var child = Path.Combine(_folder, "child");
        await using var sink = Create(Python($"""
            import subprocess, time
            print(subprocess.Popen(["sleep", "1000"]).pid, file=open("{child}", "w"), flush=True)
            time.sleep(1000)
            """)).Sink;
        await sink.ConnectAsync(default);
        using var over = new CancellationTokenSource();
        var write = sink.WriteAsync(new DeliveryBatch([.. Interventions.Many(40).Select(item => item with { Html = new string('h', 4000) })]), over.Token).AsTask();
        await Eventually.Is(() => File.Exists(child) && File.ReadAllText(child).EndsWith('\n'), "the program has started");
        await over.CancelAsync();
        Assert.That(async () => await write.WaitAsync(Eventually.Deadline), Throws.Exception);
        var number = (await File.ReadAllTextAsync(child)).Trim();
        await Eventually.Is(() => !Lives(number), "its child process has ended too");
    }

    [Test]
    public async Task On_close_a_program_may_finish_and_is_killed_if_it_does_not()
    {
        var (started, polite, stubborn) = (Path.Combine(_folder, "started"), Path.Combine(_folder, "polite"), Path.Combine(_folder, "stubborn"));
        var first = Create(Python($"""
            import sys
            open("{started}", "w").close()
            sys.stdin.read()
            print("finished", file=open("{polite}", "w"), flush=True)
            """)).Sink;
        await first.ConnectAsync(default);
        await Eventually.Is(() => File.Exists(started), "the program has started");
        await first.DisposeAsync();
        Assert.That(await File.ReadAllTextAsync(polite), Is.EqualTo("finished\n"));

        var second = Create(Python($"""
            import os, signal, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print(os.getpid(), file=open("{stubborn}", "w"), flush=True)
            time.sleep(1000)
            """)).Sink;
        await second.ConnectAsync(default);
        await Eventually.Is(() => File.Exists(stubborn) && File.ReadAllText(stubborn).EndsWith('\n'), "the program has started");
        await second.DisposeAsync().AsTask().WaitAsync(Eventually.Deadline);
        var number = (await File.ReadAllTextAsync(stubborn)).Trim();
        await Eventually.Is(() => !Lives(number), "the program has ended");
    }

    [Test]
    public async Task Endless_error_output_uses_bounded_memory()
    {
        var instance = Create(Python("""
            import json, sys, threading
            def complain():
                while True:
                    sys.stderr.write("x" * 100000)
            threading.Thread(target=complain, daemon=True).start()
            for line in sys.stdin:
                print(json.dumps({"id": json.loads(line)["intervention"]["id"], "outcome": "delivered"}), flush=True)
            """));
        await using var sink = instance.Sink;
        await sink.ConnectAsync(default);
        var before = GC.GetTotalAllocatedBytes();
        for (var i = 0; i < 20; i++)
        {
            var batch = new DeliveryBatch(Interventions.Many(10));
            await sink.WriteAsync(batch, default).AsTask().WaitAsync(Eventually.Deadline);
            Assert.That(Outcomes(batch), Is.All.EqualTo(DeliveryOutcome.Delivered));
        }

        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(200 << 20));
        Assert.That(Health(instance).Healthy);
    }

    [Test]
    public async Task Everything_is_delivered_through_the_engine_when_a_program_crashes_repeatedly()
    {
        using var log = new LogLines();
        var options = new SinkRunnerOptions { Batch = 5, MaxInFlight = 3, Retries = 20, RetryDelay = TimeSpan.FromMilliseconds(1) };
        var runner = new SinkRunner("script", ExecSink.Spec, Settings(Python("""
            import json, sys
            for number, line in enumerate(sys.stdin):
                print(json.dumps({"id": json.loads(line)["intervention"]["id"], "outcome": "delivered"}), flush=True)
                if number == 11:
                    sys.exit(1)
            """)), options, TimeProvider.System, log);
        runner.Start();
        foreach (var item in Interventions.Many(60))
        {
            runner.TryEnqueue(item);
        }

        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(runner.Total(FinalOutcome.Delivered), Is.EqualTo(60));
    }

    [Test]
    public async Task A_missing_program_is_reported()
    {
        var instance = Create("/nowhere/notify --now");
        await using var sink = instance.Sink;
        await sink.ConnectAsync(default);
        var write = sink.WriteAsync(new DeliveryBatch(Interventions.Many(1)), default).AsTask();
        Assert.That(async () => await write.WaitAsync(Eventually.Deadline),
            Throws.InstanceOf<IOException>().With.Message.Contains("/nowhere/notify").And.Message.Contains("No such file"));
    }

    [TestCase("a b  c", new[] { "a", "b", "c" })]
    [TestCase(" \"/opt/my programs/x\" --name=\"A B\" \"\" ", new[] { "/opt/my programs/x", "--name=A B", "" })]
    [TestCase("a $HOME ; rm * 'b'", new[] { "a", "$HOME", ";", "rm", "*", "'b'" })]
    [TestCase("", null)]
    [TestCase("  ", null)]
    [TestCase("\"\" a", null)]
    [TestCase("a \"b", null)]
    public void A_command_line_is_split_by_words_and_quotes(string text, string[]? words)
    {
        if (words is null)
        {
            Assert.That(() => Create(text), Throws.InstanceOf<SinkConfigurationException>());
        }
        else
        {
            Assert.That(Settings(text).GetList("command"), Is.EqualTo(words));
        }
    }

    static bool Lives(string number) =>
        Directory.Exists("/proc/" + number) && !File.ReadAllText($"/proc/{number}/stat").Contains(") Z ", StringComparison.Ordinal);

    static DeliveryOutcome?[] Outcomes(DeliveryBatch batch) => [.. Enumerable.Range(0, batch.Items.Count).Select(i => batch.VerdictOf(i)?.Outcome)];

    static SinkHealth Health(SinkInstance instance) => instance.CheckHealthAsync(default).AsTask().Result;

    static async Task<DeliveryBatch> WriteAsync(string command, IReadOnlyList<Intervention> items)
    {
        await using var sink = Create(command).Sink;
        await sink.ConnectAsync(default);
        var batch = new DeliveryBatch(items);
        await sink.WriteAsync(batch, default).AsTask().WaitAsync(Eventually.Deadline);
        return batch;
    }

    static SinkInstance Create(string command) => ExecSink.Spec.Create(Settings(command));

    static SinkSettings Settings(string command) => new("script", ExecSink.Spec, new Dictionary<string, string>(StringComparer.Ordinal) { ["command"] = command });

    // The folder's name contains spaces.
    string Python(string code)
    {
        var file = Path.Combine(_folder, $"{Guid.NewGuid():N}.py");
        File.WriteAllText(file, code);
        return $"python3 \"{file}\"";
    }
}
