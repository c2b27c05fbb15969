// Shows the receipt that stands behind "#" in the address. Plain old script: it must run on old phones.
(function () {
  "use strict";

  var STANDINGS = {
    valid: ["✓", "有效", "Valid"],
    expired: ["!", "已过期", "Expired"],
    revoked: ["✗", "已撤销", "Withdrawn"],
    not_genuine: ["✗", "不是有效凭证", "Not genuine"],
    waiting: ["…", "请稍候", "One moment"]
  };

  function element(id) { return document.getElementById(id); }

  function standing(name, message) {
    var box = element("standing"), words = box.querySelectorAll(".word"), messages = box.querySelectorAll(".message");
    box.className = name;
    box.querySelector(".sign").setAttribute("data-sign", STANDINGS[name][0]);
    words[0].textContent = STANDINGS[name][1];
    words[1].textContent = STANDINGS[name][2];
    messages[0].textContent = message.zh;
    messages[1].textContent = message.en;
    box.hidden = false;
  }

  // Both languages of a value, one below the other.
  function both(id, texts) {
    var place = element(id);
    place.textContent = "";
    texts.forEach(function (text) {
      ["zh", "en"].forEach(function (language) {
        var line = document.createElement("p");
        line.lang = language === "zh" ? "zh-CN" : "en";
        line.textContent = text[language];
        place.appendChild(line);
      });
    });
  }

  // A day is the day at the office, wherever the reader is.
  function day(instant) {
    var zone = { timeZone: "Asia/Shanghai", year: "numeric", month: "long", day: "numeric" };
    return { zh: instant.toLocaleDateString("zh-CN", zone), en: instant.toLocaleDateString("en-GB", zone) };
  }

  function show(checked) {
    standing(checked.standing, checked.message);
    var receipt = checked.receipt;
    element("content").hidden = !receipt;
    if (!receipt) { return; }
    both("valid_until", [day(new Date(receipt.valid_until + "T12:00:00+08:00"))]);
    both("certified_at", [day(new Date(receipt.certified_at))]);
    both("schemes", receipt.schemes.map(function (scheme) { return scheme.name; }));
    element("agency").textContent = receipt.agency;
    both("method", [receipt.method_text]);
    element("certification").textContent = receipt.certification;
    both("log", [receipt.log_index === null
      ? { zh: "已记入日志，编号稍后产生。", en: "Recorded; its number follows in a moment." }
      : { zh: "第 " + receipt.log_index + " 号记录", en: "Entry " + receipt.log_index }]);
  }

  function failed() {
    standing("waiting", {
      zh: "现在无法查询。请检查网络，稍后再试。",
      en: "It cannot be checked at the moment. Please look at your network, and try again."
    });
  }

  function check() {
    var receipt = location.hash.slice(1);
    element("content").hidden = true;
    if (!receipt) {
      standing("waiting", {
        zh: "请用手机相机扫描凭证上的二维码。",
        en: "Please scan the QR code of a receipt with the camera of your phone."
      });
      return;
    }
    standing("waiting", { zh: "正在查询。", en: "It is being checked." });
    var request = new XMLHttpRequest();
    request.open("POST", "/v1/receipts/verify");
    request.setRequestHeader("content-type", "application/json");
    request.timeout = 15000;
    request.onload = function () {
      if (request.status === 200) {
        show(JSON.parse(request.responseText));
      } else if (request.status === 413 || request.status === 422) {
        standing("not_genuine", {
          zh: "这不是凭证。请重新扫码。",
          en: "This is not a receipt. Please scan the code again."
        });
      } else {
        failed();
      }
    };
    request.onerror = request.ontimeout = failed;
    request.send(JSON.stringify({ receipt: receipt }));
  }

  window.addEventListener("hashchange", check);
  check();
}());
