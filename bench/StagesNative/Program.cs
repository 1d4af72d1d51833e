using System.Runtime.CompilerServices;
using CartRecovery.Bench.Stages;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.StagesNative;

// stages [--quick]: each stage once, 9 rounds of 200 ms; --quick: 7 of 20 ms. The Setup methods check the answers first.
var quick = args is ["--quick"];
if (args.Length > 0 && !quick)
{
    await Console.Error.WriteLineAsync("stages [--quick]");
    return 2;
}

var timer = quick ? new StageTimer(7, TimeSpan.FromMilliseconds(20)) : new StageTimer(9, TimeSpan.FromMilliseconds(200));
Console.WriteLine($"# {(RuntimeFeature.IsDynamicCodeSupported ? "JIT" : "native")}, {System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}");

var decode = new DecodeBenchmarks();
decode.Setup();
timer.Time("Decode.Decode", DecodeBenchmarks.Count, decode.Decode);
timer.Time("Decode.DecodeMessagePack", DecodeBenchmarks.Count, decode.DecodeMessagePack);
timer.Time("Decode.DecodeMessagePackByPackage", DecodeBenchmarks.Count, decode.DecodeMessagePackByPackage);
decode.Cleanup();

var refusal = new RefusalBenchmarks();
refusal.Setup();
timer.Time("Refusal.Accept", RefusalBenchmarks.Count, refusal.Accept);
timer.Time("Refusal.AcceptUncommon", RefusalBenchmarks.Count, refusal.AcceptUncommon);
timer.Time("Refusal.CheckSyntax", RefusalBenchmarks.Count, refusal.CheckSyntax);
timer.Time("Refusal.RefuseBrokenJson", RefusalBenchmarks.Count, refusal.RefuseBrokenJson);
timer.Time("Refusal.RefuseIncompleteJson", RefusalBenchmarks.Count, refusal.RefuseIncompleteJson);
timer.Time("Refusal.RefuseBrokenMessagePack", RefusalBenchmarks.Count, refusal.RefuseBrokenMessagePack);
timer.Time("Refusal.RefuseByReader", RefusalBenchmarks.Count, refusal.RefuseByReader);
refusal.Cleanup();

var dedup = new DedupBenchmarks();
dedup.Setup();
timer.Time("Dedup.New", DedupBenchmarks.Count, dedup.New);
timer.Time("Dedup.Known", DedupBenchmarks.Count, dedup.Known);
timer.Time("Dedup.NewOneByOne", DedupBenchmarks.Count, dedup.NewOneByOne);

var fold = new FoldBenchmarks();
fold.Setup();
timer.Time("Fold.Fold", EventSlab.Capacity, fold.Fold);
timer.Time("Fold.FoldAndFeatures", EventSlab.Capacity, fold.FoldAndFeatures);
fold.Cleanup();

foreach (var rows in new[] { 1, 64, 256 })
{
    var score = new ScoreBenchmarks { Rows = rows };
    score.Setup();
    timer.Time($"Score.Compiled({rows})", rows, score.Compiled);
    timer.Time($"Score.OnnxRuntime({rows})", rows, score.OnnxRuntime);
    score.Cleanup();
}

foreach (var carts in new[] { 1_000_000 })
{
    var store = new StoreBenchmarks { Carts = carts };
    store.Setup();
    timer.Time($"Store.Expected({carts})", StoreBenchmarks.Count, store.Expected);
    timer.Time($"Store.Unexpected({carts})", StoreBenchmarks.Count, store.Unexpected);
    store.Cleanup();
}

foreach (var events in new[] { 256, 2048 })
{
    var journal = new JournalBenchmarks { Events = events };
    journal.Setup();
    timer.Time($"Journal.Write({events})", events, journal.Write);
    timer.Time($"Journal.Read({events})", events, journal.Read);
    timer.Time($"Journal.Compress({events})", events, journal.Compress);
    timer.Time($"Journal.Decompress({events})", events, journal.Decompress);
}

var partition = new PartitionBenchmarks();
partition.Setup();
timer.Time("Partition.Batch", PartitionBenchmarks.Count, partition.Batch);
partition.Cleanup();
return 0;
