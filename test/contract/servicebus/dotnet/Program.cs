// Behaviours of the local broker through the official .NET SDK. Usage: dotnet run -- <connection string>
// Queues q0..q19 (plain), s0..s9 (sessions), u0 (duplicate detection), k0 (locks of 5 seconds) must exist and be empty.
using Azure.Messaging.ServiceBus;

if (args.Length != 1)
{
    Console.Error.WriteLine("Give the connection string as the only argument.");
    return 2;
}

var options = new ServiceBusClientOptions();
options.RetryOptions.MaxRetries = 0;
options.RetryOptions.TryTimeout = TimeSpan.FromSeconds(10);
await using var client = new ServiceBusClient(args[0], options);

var passed = 0;
var failed = 0;
var wait = TimeSpan.FromSeconds(5);
var blink = TimeSpan.FromMilliseconds(200);

async Task Check(string name, Func<Task> body)
{
    try
    {
        await body().WaitAsync(TimeSpan.FromSeconds(40));
        passed++;
        Console.WriteLine($"ok   {name}");
    }
    catch (Exception error)
    {
        failed++;
        Console.WriteLine($"FAIL {name}: {error.GetType().Name}: {error.Message}");
    }
}

static void Equal<T>(T expected, T actual, string what)
{
    if (!Equals(expected, actual)) throw new InvalidOperationException($"{what}: expected {expected}, got {actual}");
}

static async Task Refused(ServiceBusFailureReason reason, Func<Task> body)
{
    try
    {
        await body();
    }
    catch (ServiceBusException error)
    {
        Equal(reason, error.Reason, "reason");
        return;
    }
    throw new InvalidOperationException($"expected {reason}, but it succeeded");
}

async Task<ServiceBusReceivedMessage> One(ServiceBusReceiver receiver) =>
    await receiver.ReceiveMessageAsync(wait) ?? throw new InvalidOperationException("no message");

Task Send(string queue, params ServiceBusMessage[] messages) => client.CreateSender(queue).SendMessagesAsync(messages);

await Check("send, receive and complete", async () =>
{
    await Send("q0", new ServiceBusMessage("hello") { MessageId = "m", Subject = "s", CorrelationId = "c" });
    await using var receiver = client.CreateReceiver("q0");
    var message = await One(receiver);
    Equal("hello", message.Body.ToString(), "body");
    Equal("m", message.MessageId, "message id");
    Equal("s", message.Subject, "subject");
    Equal(1L, message.SequenceNumber, "sequence number");
    Equal(1, message.DeliveryCount, "delivery count");
    await receiver.CompleteMessageAsync(message);
    Equal(null, await receiver.ReceiveMessageAsync(blink), "second message");
});

await Check("application properties keep their CLR types", async () =>
{
    var sent = new Dictionary<string, object>
    {
        ["int"] = 5, ["negative"] = -5, ["long"] = 5L, ["uint"] = 5u, ["ulong"] = 5ul, ["short"] = (short)5,
        ["ushort"] = (ushort)5, ["byte"] = (byte)5, ["sbyte"] = (sbyte)5, ["float"] = 1.5f, ["double"] = 1.5,
        ["decimal"] = 1.5m, ["char"] = 'c', ["bool"] = true, ["string"] = "text", ["guid"] = Guid.Empty,
        ["time"] = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), ["span"] = TimeSpan.FromMinutes(1),
        ["uri"] = new Uri("http://example/"), ["offset"] = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };
    var message = new ServiceBusMessage("types");
    foreach (var (key, value) in sent) message.ApplicationProperties[key] = value;
    await Send("q1", message);
    await using var receiver = client.CreateReceiver("q1");
    var received = await One(receiver);
    foreach (var (key, value) in sent)
    {
        Equal(value.GetType(), received.ApplicationProperties[key].GetType(), key);
        Equal(value, received.ApplicationProperties[key], key);
    }
});

await Check("a message without id gets one", async () =>
{
    await Send("q2", new ServiceBusMessage("x"));
    await using var receiver = client.CreateReceiver("q2");
    Equal(32, (await One(receiver)).MessageId.Length, "length of the id");
});

await Check("a batch keeps its order", async () =>
{
    await using var sender = client.CreateSender("q3");
    using var batch = await sender.CreateMessageBatchAsync();
    Equal(262144L, batch.MaxSizeInBytes, "maximum size");
    for (var i = 0; i < 100; i++) batch.TryAddMessage(new ServiceBusMessage($"{i}"));
    await sender.SendMessagesAsync(batch);
    await using var receiver = client.CreateReceiver("q3", new ServiceBusReceiverOptions { PrefetchCount = 50 });
    for (var i = 0; i < 100; i++)
    {
        var message = await One(receiver);
        Equal($"{i}", message.Body.ToString(), "body");
        await receiver.CompleteMessageAsync(message);
    }
});

await Check("abandon, then a raised delivery count", async () =>
{
    await Send("q4", new ServiceBusMessage("x"));
    await using var receiver = client.CreateReceiver("q4");
    await receiver.AbandonMessageAsync(await One(receiver));
    var again = await One(receiver);
    Equal(2, again.DeliveryCount, "delivery count");
});

await Check("schedule", async () =>
{
    await using var sender = client.CreateSender("q7");
    await sender.ScheduleMessageAsync(new ServiceBusMessage("soon"), DateTimeOffset.UtcNow.AddSeconds(1));
    await using var receiver = client.CreateReceiver("q7");
    Equal("soon", (await One(receiver)).Body.ToString(), "body");
});

await Check("what is not served is refused", async () =>
{
    await Send("q5", new ServiceBusMessage("x"));
    await using var receiver = client.CreateReceiver("q5");
    var message = await One(receiver);
    try
    {
        await receiver.DeferMessageAsync(message);
    }
    catch (NotSupportedException)
    {
        return;
    }
    throw new InvalidOperationException("it was deferred");
});

await Check("peek", async () =>
{
    await Send("q8", new ServiceBusMessage("a"), new ServiceBusMessage("b"));
    await using var receiver = client.CreateReceiver("q8");
    var peeked = await receiver.PeekMessagesAsync(10, 1);
    Equal("a b", string.Join(' ', peeked.Select(message => message.Body.ToString())), "bodies");
});

await Check("a processor handles many messages at the same time", async () =>
{
    await Send("q10", Enumerable.Range(0, 200).Select(i => new ServiceBusMessage($"{i}")).ToArray());
    var done = new TaskCompletionSource();
    var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
    await using var processor = client.CreateProcessor("q10", new ServiceBusProcessorOptions { MaxConcurrentCalls = 16, PrefetchCount = 20 });
    processor.ProcessMessageAsync += message =>
    {
        seen.AddOrUpdate(message.Message.Body.ToString(), 1, (_, count) => count + 1);
        if (seen.Count == 200) done.TrySetResult();
        return Task.CompletedTask;
    };
    processor.ProcessErrorAsync += error => { done.TrySetException(error.Exception); return Task.CompletedTask; };
    await processor.StartProcessingAsync();
    await done.Task;
    await processor.StopProcessingAsync();
    Equal(true, seen.Values.All(count => count == 1), "each once");
});

await Check("renew a message lock", async () =>
{
    await Send("k0", new ServiceBusMessage("x"));
    await using var receiver = client.CreateReceiver("k0");
    var message = await One(receiver);
    var before = message.LockedUntil;
    await Task.Delay(50);
    await receiver.RenewMessageLockAsync(message);
    Equal(true, message.LockedUntil > before, "later");
    await receiver.CompleteMessageAsync(message);
});

await Check("accept a session by name, and renew it", async () =>
{
    await Send("s0", new ServiceBusMessage("1") { SessionId = "a" }, new ServiceBusMessage("2") { SessionId = "a" });
    await using (var session = await client.AcceptSessionAsync("s0", "a"))
    {
        Equal("1", (await One(session)).Body.ToString(), "first");
        await session.RenewSessionLockAsync();
    }
    await using var again = await client.AcceptSessionAsync("s0", "a");
    var message = await One(again);
    Equal(1, message.DeliveryCount, "delivery count after a release");
});

await Check("accept the next session, or none in time", async () =>
{
    await Send("s1", new ServiceBusMessage("x") { SessionId = "only" });
    await using var session = await client.AcceptNextSessionAsync("s1");
    Equal("only", session.SessionId, "session");
    await Refused(ServiceBusFailureReason.ServiceTimeout, () => client.AcceptNextSessionAsync("s1"));
    Equal("x", (await One(session)).Body.ToString(), "the connection still works");
});

await Check("a held session cannot be accepted", async () =>
{
    await using var session = await client.AcceptSessionAsync("s2", "a");
    await Refused(ServiceBusFailureReason.SessionCannotBeLocked, () => client.AcceptSessionAsync("s2", "a"));
});

await Check("a session processor keeps the order of each session", async () =>
{
    for (var i = 0; i < 10; i++)
        await Send("s3", Enumerable.Range(0, 10).Select(s => new ServiceBusMessage($"{i}") { SessionId = $"{s}" }).ToArray());
    var orders = new System.Collections.Concurrent.ConcurrentDictionary<string, List<string>>();
    var left = 100;
    var done = new TaskCompletionSource();
    await using var processor = client.CreateSessionProcessor("s3", new ServiceBusSessionProcessorOptions { MaxConcurrentSessions = 10 });
    processor.ProcessMessageAsync += message =>
    {
        orders.GetOrAdd(message.SessionId, _ => []).Add(message.Message.Body.ToString());
        if (Interlocked.Decrement(ref left) == 0) done.TrySetResult();
        return Task.CompletedTask;
    };
    processor.ProcessErrorAsync += error => { done.TrySetException(error.Exception); return Task.CompletedTask; };
    await processor.StartProcessingAsync();
    await done.Task;
    await processor.StopProcessingAsync();
    foreach (var order in orders.Values) Equal("0123456789", string.Concat(order), "order");
});

await Check("duplicates are dropped", async () =>
{
    await Send("u0", new ServiceBusMessage("1") { MessageId = "same" });
    await Send("u0", new ServiceBusMessage("2") { MessageId = "same" });
    await using var receiver = client.CreateReceiver("u0");
    Equal("1", (await One(receiver)).Body.ToString(), "body");
    Equal(null, await receiver.ReceiveMessageAsync(blink), "duplicate");
});

await Check("an unknown queue is not found", () =>
    Refused(ServiceBusFailureReason.MessagingEntityNotFound, () => Send("nowhere", new ServiceBusMessage("x"))));

await Check("a message that is too large is refused", () =>
    Refused(ServiceBusFailureReason.MessageSizeExceeded, () =>
        client.CreateSender("q11").SendMessageAsync(new ServiceBusMessage(new byte[300_000]))));

await Check("a lock that was lost is refused", async () =>
{
    await Send("k0", new ServiceBusMessage("x"));
    await using var first = client.CreateReceiver("k0");
    var message = await One(first);
    await using var second = client.CreateReceiver("k0");
    var again = await second.ReceiveMessageAsync(TimeSpan.FromSeconds(9)) ?? throw new InvalidOperationException("no message");
    Equal(2, again.DeliveryCount, "delivery count");
    await Refused(ServiceBusFailureReason.MessageLockLost, () => first.CompleteMessageAsync(message));
});

await Check("a wrong key is not authorised", async () =>
{
    await using var stranger = new ServiceBusClient(args[0].Replace("SAS_KEY_VALUE", "ANOTHER"), options);
    try
    {
        await stranger.CreateSender("q13").SendMessageAsync(new ServiceBusMessage("x"));
    }
    catch (UnauthorizedAccessException)
    {
        return;
    }
    throw new InvalidOperationException("it was accepted");
});

Console.WriteLine($"{passed} passed, {failed} failed");
return failed == 0 ? 0 : 1;
