'use strict';
// The workflow of steps.c.
const { proxyActivities } = require('@temporalio/workflow');

const { charge } = proxyActivities({ startToCloseTimeout: '60s' });

exports.Steps = async function Steps(orderId, count) {
  for (let i = 0; i < count; i++) await charge(orderId, i);
  return count;
};
